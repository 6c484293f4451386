// SPDX-License-Identifier: Apache-2.0
// Slicing of the LTE cell: a control vector is dedicated, prioritized and shared resource block
// groups per slice.
#include "scenarios/multi_access_scenario.h"

#include <cmath>

namespace fluid
{

namespace
{

constexpr Shares TO_LTE{0, 0, 1};
constexpr int NUMBERS = 3; // of a slice

class NetworkSlicing : public MultiAccessScenario<NetworkSlicing>
{
  public:
    using MultiAccessScenario::MultiAccessScenario;

    std::size_t ControlSize() const override
    {
        return static_cast<std::size_t>(m_network.Plan().sliceCount) * NUMBERS;
    }

  protected:
    void Open() override
    {
        SetAll(TO_LTE);
    }

    void Apply(const double* control) override
    {
        const auto groups = [](double number) { return static_cast<int>(std::lround(number)); };
        for (auto& share : m_network.LteCell().Slices())
        {
            share = {groups(control[0]), groups(control[1]), groups(control[2])};
            control += NUMBERS;
        }
    }

    void ApplyDefault() override
    {
        m_network.LteCell().Slices() = m_network.Plan().lte.slices;
    }
};

const Registration NETWORK_SLICING("network_slicing",
                                   [](const Settings& settings, const Settings& calibration) {
                                       return std::make_unique<NetworkSlicing>(settings,
                                                                               calibration);
                                   });

} // namespace

} // namespace fluid
