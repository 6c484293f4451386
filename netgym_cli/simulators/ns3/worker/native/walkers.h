// Users on foot: placed evenly on whole metres of an area and walking randomly inside it, or standing.
#pragma once
#include "settings.h"

#include <ns3/node-container.h>

namespace netgym
{

/// Nodes with the mobility of `user_location_range` and `user_random_walk`.
ns3::NodeContainer Walkers(const Settings& settings, int count);

} // namespace netgym
