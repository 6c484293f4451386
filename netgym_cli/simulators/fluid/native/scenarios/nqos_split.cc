// SPDX-License-Identifier: Apache-2.0
// Multi-access traffic splitting: a control vector is a weight per user and link.
#include "scenarios/multi_access_scenario.h"

namespace fluid
{

namespace
{

class NqosSplit : public MultiAccessScenario<NqosSplit>
{
  public:
    using MultiAccessScenario::MultiAccessScenario;

  protected:
    void Open() override
    {
        ApplyDefault();
    }

    void Apply(const double* control) override
    {
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            m_network.SetShares(user, control + user * LINKS);
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
                              [](const Settings& settings, const Settings& calibration) {
                                  return std::make_unique<NqosSplit>(settings, calibration);
                              });

} // namespace

} // namespace fluid
