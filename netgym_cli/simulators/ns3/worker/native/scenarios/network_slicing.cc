// SPDX-License-Identifier: GPL-2.0-only
// Slicing of the LTE cell: a control vector is dedicated, prioritized and shared resource block
// groups per slice.
#include "scenarios/multi_access_scenario.h"

#include <cmath>

namespace netgym
{

namespace
{

class NetworkSlicing : public MultiAccessScenario
{
  public:
    explicit NetworkSlicing(const Settings& settings)
        : MultiAccessScenario(settings),
          m_configured(m_network.Lte().Slices())
    {
        constexpr std::array<double, LINKS> ALL_LTE{0, 0, 1};
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            m_network.SetWeights(user, ALL_LTE.data());
        }
    }

  protected:
    void Apply(const double* control, std::size_t size) override
    {
        const auto groups = [](double number) { return static_cast<int>(std::lround(number)); };
        std::vector<SliceShare> shares;
        for (std::size_t at = 0; at + 2 < size; at += 3)
        {
            shares.push_back(
                {groups(control[at]), groups(control[at + 1]), groups(control[at + 2])});
        }
        m_network.Lte().SetSlices(shares);
    }

    void ApplyDefault() override
    {
        m_network.Lte().SetSlices(m_configured);
    }

  private:
    std::vector<SliceShare> m_configured; ///< the config's static shares
};

const Registration NETWORK_SLICING("network_slicing", [](const Settings& settings) {
    return new NetworkSlicing(settings);
});

} // namespace

} // namespace netgym
