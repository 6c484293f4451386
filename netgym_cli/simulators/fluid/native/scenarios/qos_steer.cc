// SPDX-License-Identifier: Apache-2.0
// QoS steering: a control vector gives every user one link at a time.
#include "scenarios/multi_access_scenario.h"

#include <algorithm>
#include <set>

namespace fluid
{

namespace
{

constexpr Shares TO_WIFI{1, 0, 0};
constexpr Shares TO_LTE{0, 0, 1};

class QosSteer : public MultiAccessScenario<QosSteer>
{
  public:
    QosSteer(const Settings& settings, const Settings& calibration)
        : MultiAccessScenario(settings, calibration),
          m_costliestLeaves(settings.Text("steer_back", "all") == "costliest"),
          m_prohibitMs(settings.Number("steering_prohibit_ms"))
    {
    }

  protected:
    void Open() override
    {
        m_draining.clear();
        m_prohibitedUntilMs.assign(m_network.UserCount(), 0.0);
        SetAll(TO_LTE);
    }

    void Apply(const double* control) override
    {
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            m_network.SetShares(user, control + user * LINKS);
        }
    }

    /// Where somebody misses its target on Wi-Fi, the user that takes most airtime there, or
    /// everybody who missed, goes back to LTE and is kept off Wi-Fi for a while. Of the users that
    /// may, the one with the best rate on Wi-Fi tries it, one per interval.
    void ApplyDefault() override
    {
        if (!m_network.Plan().exists[WIFI])
        {
            return;
        }
        std::set<int> closed;
        if (m_costliestLeaves)
        {
            closed = RelieveCells();
        }
        else
        {
            for (int user = 0; user < m_network.UserCount(); ++user)
            {
                if (OnWifi(user) && !m_network.Meter(user).qosMet)
                {
                    SendBack(user);
                }
            }
        }
        const int next = Best([&](int user) {
            return !OnWifi(user) && m_network.NowMs() >= m_prohibitedUntilMs[user] &&
                           !closed.count(Cell(user))
                       ? m_network.MaxRateMbps(user, WIFI)
                       : NEVER;
        });
        if (next >= 0)
        {
            m_network.SetShares(next, TO_WIFI.data());
        }
    }

  private:
    static constexpr double NEVER = -1;

    bool OnWifi(int user) const
    {
        return m_network.SharesOf(user)[WIFI] > 0;
    }

    int Cell(int user) const
    {
        return m_network.CellId(user, WIFI);
    }

    /// The user with the highest score, the first of equal ones; -1 if nobody has one of 0 or more.
    template <typename Score>
    int Best(Score score) const
    {
        int best = -1;
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            const double of = score(user);
            best = of >= 0 && (best < 0 || of > score(best)) ? user : best;
        }
        return best;
    }

    void SendBack(int user)
    {
        constexpr double LEAST_MS = 1; // not at this decision
        m_network.SetShares(user, TO_LTE.data());
        m_prohibitedUntilMs[user] = m_network.NowMs() + std::max(m_prohibitMs, LEAST_MS);
    }

    /// Sends back one user of every access point whose own packets were late, and gives it an
    /// interval to drain before it is judged again. @returns the access points that take nobody now
    std::set<int> RelieveCells()
    {
        std::set<int> late;
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            const auto& meter = m_network.Meter(user);
            const double limitMs = m_network.Plan().users[user].target.thresholdsS[0] * 1e3;
            if (OnWifi(user) && !meter.qosMet && meter.links[WIFI].maxOwdMs > limitMs)
            {
                late.insert(Cell(user));
            }
        }
        std::set<int> relieved;
        for (const int cell : late)
        {
            if (!m_draining.count(cell))
            {
                const auto airtime = [&](int user) {
                    const double rate = std::max(m_network.MaxRateMbps(user, WIFI), 1e-9);
                    return OnWifi(user) && Cell(user) == cell
                               ? m_network.Meter(user).flow.txMbps / rate
                               : NEVER;
                };
                SendBack(Best(airtime));
                relieved.insert(cell);
            }
        }
        m_draining = std::move(relieved);
        return late;
    }

    bool m_costliestLeaves;
    double m_prohibitMs;
    std::vector<double> m_prohibitedUntilMs;
    std::set<int> m_draining; ///< access points that sent a user back at the last decision
};

const Registration QOS_STEER("qos_steer",
                             [](const Settings& settings, const Settings& calibration) {
                                 return std::make_unique<QosSteer>(settings, calibration);
                             });

} // namespace

} // namespace fluid
