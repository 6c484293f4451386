// SPDX-License-Identifier: Apache-2.0
#include "radio/sharing.h"

#include <algorithm>

namespace fluid
{

double
MaxMinFair(const double* needs, double* shares, std::size_t count, double amount)
{
    double ends[MOST_SHARERS]; // the totals at which somebody has all
    double wanted = 0;
    for (std::size_t k = 0; k < count; ++k)
    {
        ends[k] = shares[k] + needs[k];
        wanted += needs[k];
    }
    if (wanted <= amount)
    {
        std::copy(ends, ends + count, shares);
        return amount - wanted;
    }
    // A level rises past the totals at which somebody begins and ends to be raised to it.
    double begins[MOST_SHARERS];
    std::copy(shares, shares + count, begins);
    double stops[MOST_SHARERS];
    std::copy(ends, ends + count, stops);
    std::sort(begins, begins + count);
    std::sort(stops, stops + count);
    double level = begins[0];
    std::size_t begun = 0;
    std::size_t stopped = 0;
    while (stopped < count)
    {
        const bool begin = begun < count && begins[begun] <= stops[stopped];
        const double next = begin ? begins[begun] : stops[stopped];
        const double raised = static_cast<double>(begun - stopped);
        if (raised * (next - level) >= amount)
        {
            level += amount / raised;
            break;
        }
        amount -= raised * (next - level);
        level = next;
        (begin ? begun : stopped)++;
    }
    for (std::size_t k = 0; k < count; ++k)
    {
        shares[k] = std::max(shares[k], std::min(level, ends[k]));
    }
    return 0;
}

} // namespace fluid
