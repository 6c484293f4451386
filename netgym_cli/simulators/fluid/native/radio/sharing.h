// SPDX-License-Identifier: Apache-2.0
// How a scheduler's time is shared: the least served first, none more than it needs.
#pragma once
#include <cstddef>

namespace fluid
{

/// Most users or claims that are shared among at once.
constexpr std::size_t MOST_SHARERS = 64;

/// Max-min fair shares of `amount`: raises the lowest totals first, none above its need. What a
/// proportional fair scheduler comes to among users of equal weight, in time.
///
/// @param needs what each of `count` wants beyond what it has
/// @param shares in: what each has already; out: that and its part of `amount`
/// @returns what is left of `amount`
double MaxMinFair(const double* needs, double* shares, std::size_t count, double amount);

} // namespace fluid
