// SPDX-License-Identifier: Apache-2.0
// QoS steering: a control vector gives every user one link at a time.
#include "scenarios/multi_access_scenario.h"

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
          m_prohibitMs(settings.Number("steering_prohibit_ms"))
    {
    }

  protected:
    void Open() override
    {
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

    /// Whoever misses its target on Wi-Fi returns to LTE and is kept off Wi-Fi for a while. One
    /// user per interval, of those on LTE the one with the best rate on Wi-Fi, tries Wi-Fi.
    void ApplyDefault() override
    {
        int next = -1;
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            const bool onWifi = m_network.SharesOf(user)[WIFI] > 0;
            if (onWifi && !m_network.Meter(user).qosMet)
            {
                m_network.SetShares(user, TO_LTE.data());
                m_prohibitedUntilMs[user] = m_network.NowMs() + m_prohibitMs;
                continue;
            }
            const bool may = !onWifi && m_network.NowMs() >= m_prohibitedUntilMs[user];
            const auto rate = [&](int of) { return m_network.MaxRateMbps(of, WIFI); };
            next = may && (next < 0 || rate(user) > rate(next)) ? user : next;
        }
        if (next >= 0 && m_network.Plan().exists[WIFI])
        {
            m_network.SetShares(next, TO_WIFI.data());
        }
    }

  private:
    double m_prohibitMs;
    std::vector<double> m_prohibitedUntilMs;
};

const Registration QOS_STEER("qos_steer",
                             [](const Settings& settings, const Settings& calibration) {
                                 return std::make_unique<QosSteer>(settings, calibration);
                             });

} // namespace

} // namespace fluid
