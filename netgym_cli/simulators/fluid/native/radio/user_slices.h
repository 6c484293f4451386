// SPDX-License-Identifier: Apache-2.0
// Which slice each user belongs to.
#pragma once
#include "bridge/settings.h"

#include <vector>

namespace fluid
{

/// Slice of every user, from 0, in the order of the users' numbers. `user_order` by_slice: slice
/// after slice. Interleaved: the k-th (from 0) of a slice's n users stands at the fraction
/// (k + 1/2) / n of all; where two stand at the same, the lower slice comes first.
std::vector<int> SlicesOfUsers(const Settings& settings);

} // namespace fluid
