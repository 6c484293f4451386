// SPDX-License-Identifier: GPL-2.0-only
// QoS steering: a control vector gives every user one link at a time.
#include "bridge/scenario.h"
#include "scenarios/multi_access_scenario.h"

#include <algorithm>
#include <set>

namespace netgym
{

namespace
{

using Share = std::array<double, LINKS>;
constexpr Share STEERED_TO_WIFI{1, 0, 0};
constexpr Share STEERED_TO_LTE{0, 0, 1};

class QosSteer : public MultiAccessScenario
{
  public:
    explicit QosSteer(const Settings& settings)
        : MultiAccessScenario(settings),
          m_sendCostliest(settings.Text("steer_back", "all") == "costliest"),
          m_prohibitMs(settings.Number("steering_prohibit_ms")),
          m_prohibitedUntilMs(m_network.UserCount(), 0)
    {
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            m_network.SetWeights(user, STEERED_TO_LTE.data());
        }
    }

  protected:
    void Apply(const double* control, std::size_t) override
    {
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            m_network.SetWeights(user, control + user * LINKS);
        }
    }

    // Where somebody misses its target on Wi-Fi, the costliest user of the access point goes back
    // to LTE for a while, or everybody who missed. Of the other users on LTE, the one with the best
    // Wi-Fi rate tries Wi-Fi, one user per interval.
    void ApplyDefault() override
    {
        if (m_network.Access(WIFI))
        {
            const auto crowded = m_sendCostliest ? SendBackCostliest() : SendBackMissed();
            AdmitBest(crowded);
        }
    }

  private:
    using Cells = std::set<int>;

    bool OnWifi(int user) const
    {
        return m_network.Weights(user)[WIFI] > 0;
    }

    int Cell(int user) const
    {
        return m_network.Access(WIFI)->CellId(user);
    }

    bool Missed(int user)
    {
        return OnWifi(user) && !m_network.Downlink(user).flow.QosMet();
    }

    /// Whether a user missed its target, and Wi-Fi's own packets were late: those that still come
    /// from LTE's queue, which holds seconds, say nothing of the access point.
    bool LateByWifi(int user)
    {
        const auto& meters = m_network.Downlink(user);
        return Missed(user) && meters.links[WIFI].MaxOwdMs() > meters.flow.target.delayMs;
    }

    void SendBack(int user)
    {
        m_network.SetWeights(user, STEERED_TO_LTE.data());
        m_prohibitedUntilMs[user] = NowMs() + std::max(m_prohibitMs, 1.0); // not at this decision
    }

    /// Sends back everybody who missed its target; no access point is closed to others.
    Cells SendBackMissed()
    {
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            if (Missed(user))
            {
                SendBack(user);
            }
        }
        return {};
    }

    /// Sends back one user of each access point where somebody was late, and gives it an interval
    /// to drain before it is judged again. Returns the access points that take nobody now.
    Cells SendBackCostliest()
    {
        Cells late;
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            if (LateByWifi(user))
            {
                late.insert(Cell(user));
            }
        }
        Cells relieved;
        for (const int cell : late)
        {
            if (!m_draining.count(cell))
            {
                SendBack(Costliest(cell));
                relieved.insert(cell);
            }
        }
        m_draining = std::move(relieved);
        return late;
    }

    /// The user on an access point that takes most of its airtime, which has at least one.
    int Costliest(int cell)
    {
        int costliest = -1;
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            if (OnWifi(user) && Cell(user) == cell &&
                (costliest < 0 || Airtime(user) > Airtime(costliest)))
            {
                costliest = user;
            }
        }
        return costliest;
    }

    /// Offered rate over PHY rate.
    double Airtime(int user)
    {
        return m_network.Downlink(user).flow.SentMbps(IntervalMs()) /
               std::max(m_network.Access(WIFI)->MaxRateMbps(user), 1e-9);
    }

    void AdmitBest(const Cells& closed)
    {
        const auto* wifi = m_network.Access(WIFI);
        int best = -1;
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            if (!OnWifi(user) && NowMs() >= m_prohibitedUntilMs[user] &&
                !closed.count(Cell(user)) &&
                (best < 0 || wifi->MaxRateMbps(user) > wifi->MaxRateMbps(best)))
            {
                best = user;
            }
        }
        if (best >= 0)
        {
            m_network.SetWeights(best, STEERED_TO_WIFI.data());
        }
    }

    bool m_sendCostliest;
    double m_prohibitMs;
    std::vector<double> m_prohibitedUntilMs;
    Cells m_draining; ///< access points that sent a user back at the last decision
};

const Registration QOS_STEER("qos_steer",
                             [](const Settings& settings) { return new QosSteer(settings); });

} // namespace

} // namespace netgym
