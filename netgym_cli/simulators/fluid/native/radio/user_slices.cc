// SPDX-License-Identifier: Apache-2.0
#include "radio/user_slices.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace fluid
{

std::vector<int>
SlicesOfUsers(const Settings& settings)
{
    const auto sizes = settings.Numbers("per_slice_config.num_users");
    // All fractions over one denominator, so that equal ones are equal.
    long common = 1;
    for (const double size : sizes)
    {
        common = std::lcm(common, std::max(1L, static_cast<long>(size)));
    }
    const bool takesTurns = settings.Text("user_order") == "interleaved";
    std::vector<std::tuple<long, int>> places; // where a user stands, and its slice
    for (std::size_t slice = 0; slice < sizes.size(); ++slice)
    {
        const long size = static_cast<long>(sizes[slice]);
        for (long k = 0; k < size; ++k)
        {
            places.emplace_back(takesTurns ? (2 * k + 1) * (common / size) : 0,
                                static_cast<int>(slice));
        }
    }
    std::sort(places.begin(), places.end());
    std::vector<int> slices;
    for (const auto& place : places)
    {
        slices.push_back(std::get<int>(place));
    }
    return slices;
}

} // namespace fluid
