// SPDX-License-Identifier: GPL-2.0-only
// QoS steering: a control vector gives every user one link at a time.
#include "bridge/scenario.h"
#include "scenarios/multi_access_scenario.h"

#include <algorithm>

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

    // A user that misses its target on Wi-Fi goes back to LTE for a while; of the other users on
    // LTE, the one with the best Wi-Fi rate tries Wi-Fi, one user per interval.
    void ApplyDefault() override
    {
        const double nowMs = NowMs();
        const auto* wifi = m_network.Access(WIFI);
        int candidate = -1;
        for (int user = 0; user < m_network.UserCount() && wifi; ++user)
        {
            const bool onWifi = m_network.Weights(user)[WIFI] > 0;
            if (onWifi && !m_network.Downlink(user).flow.QosMet())
            {
                m_network.SetWeights(user, STEERED_TO_LTE.data());
                m_prohibitedUntilMs[user] = nowMs + m_prohibitMs;
            }
            else if (!onWifi && nowMs >= m_prohibitedUntilMs[user] &&
                     (candidate < 0 || wifi->MaxRateMbps(user) > wifi->MaxRateMbps(candidate)))
            {
                candidate = user;
            }
        }
        if (candidate >= 0)
        {
            m_network.SetWeights(candidate, STEERED_TO_WIFI.data());
        }
    }

  private:
    double m_prohibitMs;
    std::vector<double> m_prohibitedUntilMs;
};

const Registration QOS_STEER("qos_steer",
                             [](const Settings& settings) { return new QosSteer(settings); });

} // namespace

} // namespace netgym
