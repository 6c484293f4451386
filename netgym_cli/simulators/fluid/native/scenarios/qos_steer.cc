// SPDX-License-Identifier: Apache-2.0
// QoS steering: a control vector gives every user one link at a time.
#include "scenarios/multi_access_scenario.h"

#include <algorithm>
#include <map>
#include <set>

namespace fluid
{

namespace
{

constexpr Shares TO_WIFI{1, 0, 0};
constexpr Shares TO_LTE{0, 0, 1};
constexpr double SOON_MS = 1; // who leaves is not admitted by the same decision
constexpr double NO_RATE_MBPS = 1e-9;

class QosSteer : public MultiAccessScenario<QosSteer>
{
  public:
    QosSteer(const Settings& settings, const Settings& calibration)
        : MultiAccessScenario(settings, calibration),
          m_costliestLeaves(settings.Text("steer_back") == "costliest"),
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

    /// Of an access point where somebody misses its target, the costliest user returns to LTE, or
    /// everybody who missed, and is kept off Wi-Fi for a while. One user per interval, of those on
    /// LTE the one with the best rate on Wi-Fi, tries Wi-Fi.
    void ApplyDefault() override
    {
        if (m_network.Plan().exists[WIFI])
        {
            const std::set<int> closed = m_costliestLeaves ? RelieveCells() : SendAway();
            Admit(closed);
        }
    }

  private:
    bool OnWifi(int user) const
    {
        return m_network.SharesOf(user)[WIFI] > 0;
    }

    bool Missed(int user) const
    {
        return OnWifi(user) && !m_network.Meter(user).qosMet;
    }

    void Return(int user)
    {
        m_network.SetShares(user, TO_LTE.data());
        m_prohibitedUntilMs[user] = m_network.NowMs() + std::max(m_prohibitMs, SOON_MS);
    }

    /// Everybody who missed leaves; all cells stay open.
    std::set<int> SendAway()
    {
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            if (Missed(user))
            {
                Return(user);
            }
        }
        return {};
    }

    /// One user of each late cell leaves, but not at two decisions in a row: a cell needs an
    /// interval to drain. A cell is late if Wi-Fi itself made somebody miss. @returns the late ones
    std::set<int> RelieveCells()
    {
        std::map<int, int> costliest; // late cell to its user with most airtime
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            const auto& meter = m_network.Meter(user);
            const double mostMs = m_network.Plan().users[user].target.thresholdsS[0] * 1e3;
            if (Missed(user) && meter.links[WIFI].maxOwdMs > mostMs)
            {
                costliest[m_network.CellId(user, WIFI)] = -1;
            }
        }
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            const auto late = costliest.find(m_network.CellId(user, WIFI));
            if (OnWifi(user) && late != costliest.end() &&
                (late->second < 0 || Airtime(user) > Airtime(late->second)))
            {
                late->second = user;
            }
        }
        std::set<int> closed;
        std::set<int> draining;
        for (const auto& [cell, user] : costliest)
        {
            closed.insert(cell);
            if (!m_draining.count(cell))
            {
                Return(user);
                draining.insert(cell);
            }
        }
        m_draining = std::move(draining);
        return closed;
    }

    /// Offered rate over PHY rate.
    double Airtime(int user) const
    {
        return m_network.Meter(user).flow.txMbps /
               std::max(m_network.MaxRateMbps(user, WIFI), NO_RATE_MBPS);
    }

    void Admit(const std::set<int>& closed)
    {
        int next = -1;
        const auto rate = [&](int of) { return m_network.MaxRateMbps(of, WIFI); };
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            const bool may = !OnWifi(user) && m_network.NowMs() >= m_prohibitedUntilMs[user] &&
                             !closed.count(m_network.CellId(user, WIFI));
            next = may && (next < 0 || rate(user) > rate(next)) ? user : next;
        }
        if (next >= 0)
        {
            m_network.SetShares(next, TO_WIFI.data());
        }
    }

    bool m_costliestLeaves;
    double m_prohibitMs;
    std::vector<double> m_prohibitedUntilMs;
    std::set<int> m_draining; ///< cells that a user left at the last decision
};

const Registration QOS_STEER("qos_steer",
                             [](const Settings& settings, const Settings& calibration) {
                                 return std::make_unique<QosSteer>(settings, calibration);
                             });

} // namespace

} // namespace fluid
