// SPDX-License-Identifier: GPL-2.0-only
// Flow prioritisation: a control vector marks per user and link whose packets are prioritized, up
// to a share of the link's traffic.
#include "scenarios/multi_access_scenario.h"

namespace netgym
{

namespace
{

class DynamicQos : public MultiAccessScenario
{
  public:
    explicit DynamicQos(const Settings& settings)
        : MultiAccessScenario(settings),
          m_leastShare(settings.Number("min_priority_pct") / 100),
          m_mostShare(settings.Number("max_priority_pct") / 100)
    {
        const std::array<double, LINKS> weights{settings.Number("link_weights.wifi"),
                                                settings.Number("link_weights.nr"),
                                                settings.Number("link_weights.lte")};
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            m_network.SetWeights(user, weights.data());
        }
    }

  protected:
    void Apply(const double* control, std::size_t) override
    {
        for (int link = 0; link < LINKS; ++link)
        {
            for (int user = 0; user < m_network.UserCount(); ++user)
            {
                m_network.SetPriority(user, link, control[user * LINKS + link] > 0);
            }
            DemoteAbove(link, m_mostShare);
        }
    }

    // Per link: below the least share the first unmarked user is marked; above the most, marks go
    // from the end.
    void ApplyDefault() override
    {
        for (const int link : {WIFI, LTE}) // NR has no priorities
        {
            if (MarkedShare(link) > m_mostShare)
            {
                DemoteAbove(link, m_mostShare);
            }
            else if (MarkedShare(link) < m_leastShare)
            {
                PromoteFirst(link);
                DemoteAbove(link, m_mostShare);
            }
        }
    }

  private:
    double SentMbps(int user, int link)
    {
        return m_network.Downlink(user).links[link].SentMbps(IntervalMs());
    }

    /// Share of the link's traffic in the last interval whose users are marked now; 0 on an idle
    /// link.
    double MarkedShare(int link)
    {
        double marked = 0;
        double all = 0;
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            marked += m_network.Priority(user, link) ? SentMbps(user, link) : 0;
            all += SentMbps(user, link);
        }
        return all > 0 ? marked / all : 0;
    }

    void PromoteFirst(int link)
    {
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            if (!m_network.Priority(user, link) && SentMbps(user, link) > 0)
            {
                m_network.SetPriority(user, link, true);
                return;
            }
        }
    }

    void DemoteAbove(int link, double share)
    {
        for (int user = m_network.UserCount() - 1; user >= 0 && MarkedShare(link) > share; --user)
        {
            m_network.SetPriority(user, link, false);
        }
    }

    double m_leastShare;
    double m_mostShare;
};

const Registration DYNAMIC_QOS("dynamic_qos",
                               [](const Settings& settings) { return new DynamicQos(settings); });

} // namespace

} // namespace netgym
