// SPDX-License-Identifier: Apache-2.0
// Flow prioritisation: a control vector marks per user and link whose packets come first, up to a
// share of the link's traffic.
#include "scenarios/multi_access_scenario.h"

namespace fluid
{

namespace
{

class DynamicQos : public MultiAccessScenario<DynamicQos>
{
  public:
    DynamicQos(const Settings& settings, const Settings& calibration)
        : MultiAccessScenario(settings, calibration),
          m_weights{settings.Number("link_weights.wifi"),
                    settings.Number("link_weights.nr"),
                    settings.Number("link_weights.lte")},
          m_leastShare(settings.Number("min_priority_pct") / 100),
          m_mostShare(settings.Number("max_priority_pct") / 100)
    {
    }

  protected:
    void Open() override
    {
        SetAll(m_weights);
    }

    void Apply(const double* control) override
    {
        for (int link = 0; link < LINKS; ++link)
        {
            for (int user = 0; user < m_network.UserCount(); ++user)
            {
                m_network.SetPriority(user, link, control[user * LINKS + link] > 0);
            }
            TakeMarks(link);
        }
    }

    /// On each link with priorities: with too little marked traffic, the first user without a mark
    /// gets one; with too much, marks go from the last user on.
    void ApplyDefault() override
    {
        for (const int link : {WIFI, LTE})
        {
            if (MarkedShare(link) < m_leastShare)
            {
                MarkOneMore(link);
            }
            TakeMarks(link);
        }
    }

  private:
    double SentMbps(int user, int link) const
    {
        return m_network.Meter(user).links[link].txMbps;
    }

    /// Share of the link's traffic in the last interval whose users are marked now; 0 if there was
    /// none.
    double MarkedShare(int link) const
    {
        double marked = 0;
        double all = 0;
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            all += SentMbps(user, link);
            marked += m_network.Prioritized(user, link) ? SentMbps(user, link) : 0;
        }
        return all > 0 ? marked / all : 0;
    }

    void MarkOneMore(int link)
    {
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            if (!m_network.Prioritized(user, link) && SentMbps(user, link) > 0)
            {
                m_network.SetPriority(user, link, true);
                return;
            }
        }
    }

    void TakeMarks(int link)
    {
        int user = m_network.UserCount() - 1;
        while (user >= 0 && MarkedShare(link) > m_mostShare)
        {
            m_network.SetPriority(user, link, false);
            user--;
        }
    }

    Shares m_weights;
    double m_leastShare;
    double m_mostShare;
};

const Registration DYNAMIC_QOS("dynamic_qos",
                               [](const Settings& settings, const Settings& calibration) {
                                   return std::make_unique<DynamicQos>(settings, calibration);
                               });

} // namespace

} // namespace fluid
