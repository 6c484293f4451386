// SPDX-License-Identifier: GPL-2.0-only
// The interface of a radio access network to the tunnel and the scenario.
#pragma once
#include <ns3/ipv4-address.h>

namespace netgym
{

/// The links of a user, in the order of the action's weights.
enum Link
{
    WIFI = 0,
    NR = 1,
    LTE = 2,
    LINKS = 3
};

constexpr const char* LINK_NAMES[LINKS] = {"wifi", "nr", "lte"};

/// Cell id of a user without a cell.
constexpr int NO_CELL = 255;

class AccessNetwork
{
  public:
    virtual ~AccessNetwork() = default;
    /// The user's present address in this network.
    virtual ns3::Ipv4Address UserAddress(int user) const = 0;
    /// The anchor's address for the user's uplink packets in this network, now.
    virtual ns3::Ipv4Address AnchorAddress(int user) const = 0;
    /// Rate the user would have alone on its cell at its present channel, Mbit/s.
    virtual double MaxRateMbps(int user) const = 0;
    /// Serving cell, from 1, or NO_CELL.
    virtual int CellId(int user) const = 0;

    /// An interval is over: drops what ns-3 keeps without need. Nothing that is simulated changes.
    virtual void EndInterval()
    {
    }
};

} // namespace netgym
