// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>

namespace fluid
{

/// The access networks, in the order of every array of links.
enum Link : int
{
    WIFI,
    NR,
    LTE,
    LINKS
};

constexpr std::array<const char*, LINKS> LINK_NAMES{"wifi", "nr", "lte"};

using Shares = std::array<double, LINKS>;

} // namespace fluid
