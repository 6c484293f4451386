// SPDX-License-Identifier: Apache-2.0
// How slices and prioritised users share a carrier's time.
#pragma once
#include "bridge/settings.h"

#include <cstddef>
#include <vector>

namespace fluid
{

/// Resource block groups of one slice.
struct SliceShare
{
    int dedicated{0};   ///< its own, even when idle
    int prioritized{0}; ///< it has the first claim to them; what it leaves is lent
    int shared{0};      ///< most that it may take beyond both
};

/// The slice of every user, in the order in which users are numbered: slice after slice, or
/// interleaved so that at each number all slices have had about the same fraction of their users.
std::vector<int> SlicesOfUsers(const Settings& settings);

/// What one user wants of a carrier.
struct Claim
{
    int slice{0};
    bool prioritized{false}; ///< comes before all that are not, wherever both may use a group
    double needS{0};         ///< carrier time
    double sharedS{0};       ///< what it gets
};

/// Divides `tickS` of a carrier of `groups` groups among the claims, the least served first.
/// @param keptShare share of the groups that a slice has the first claim to and does not need, as
///        many as it needs at most, that is granted to it all the same: whoever has data gets whole
///        groups, some of them more than its data fill
/// @returns the time that was granted
double ShareCarrier(std::vector<Claim>& claims,
                    const std::vector<SliceShare>& slices,
                    int groups,
                    double keptShare,
                    double tickS);

} // namespace fluid
