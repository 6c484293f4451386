// SPDX-License-Identifier: GPL-2.0-only
// Multi-access traffic splitting: a control vector is a weight per user and link.
#include "scenarios/multi_access_scenario.h"

namespace netgym
{

namespace
{

class NqosSplit : public MultiAccessScenario
{
  public:
    explicit NqosSplit(const Settings& settings)
        : MultiAccessScenario(settings)
    {
        ApplyDefault();
    }

  protected:
    void Apply(const double* control, std::size_t) override
    {
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            m_network.SetWeights(user, control + user * LINKS);
        }
    }

    void ApplyDefault() override
    {
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            m_network.UseBalancer(user);
        }
    }
};

const Registration NQOS_SPLIT("nqos_split",
                              [](const Settings& settings) { return new NqosSplit(settings); });

} // namespace

} // namespace netgym
