// SPDX-License-Identifier: GPL-2.0-only
// The LTE radio of one cell and its users: carrier, path loss, fading, powers, scheduler and RLC.
#pragma once
#include <ns3/lte-helper.h>

#include <cstdint>
#include <string>

namespace netgym
{

struct LteRadio
{
    std::string scheduler; ///< type name
    std::uint16_t resourceBlocks;
    double txPowerDbm;
    double userTxPowerDbm;
    double pathLossExponent;
    double referenceLossDb;   ///< at 1 m
    double fadingCoherenceMs; ///< 0 for no fading
    std::uint32_t rlcBufferBytes;

    /// Sets ns-3's defaults and returns a helper that installs such devices. It owns parts of the
    /// running stack, so it must live as long as the network.
    ns3::Ptr<ns3::LteHelper> MakeHelper() const;
};

} // namespace netgym
