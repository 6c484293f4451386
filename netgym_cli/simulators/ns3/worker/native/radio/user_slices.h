// SPDX-License-Identifier: GPL-2.0-only
// Which slice each user belongs to.
#pragma once
#include "bridge/settings.h"

#include <vector>

namespace netgym
{

/// Slice of every user, from 0, in the order of the users' numbers. With `user_order` by_slice the
/// users of a slice have neighbouring numbers. Interleaved, slices take turns as evenly as their
/// sizes allow: of n users of a slice, the k-th (from 0) stands at the fraction (k + 1/2) / n of
/// all; where two stand at the same, the lower slice comes first.
std::vector<int> SlicesOfUsers(const Settings& settings);

} // namespace netgym
