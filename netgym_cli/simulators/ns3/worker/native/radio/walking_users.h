// SPDX-License-Identifier: GPL-2.0-only
// Users on foot: uniformly placed in an area, walking inside its bounds.
#pragma once
#include "bridge/settings.h"

#include <ns3/node-container.h>

namespace netgym
{

/// `count` nodes placed by user_location_range (whole metres) that walk by user_random_walk, or
/// stand at speed 0.
ns3::NodeContainer WalkingUsers(const Settings& settings, int count);

} // namespace netgym
