// SPDX-License-Identifier: GPL-2.0-only
// Keeps the memory of a Wi-Fi network from growing with simulated time.
#pragma once
#include <ns3/net-device-container.h>

namespace netgym
{

/// Drops the preamble detections of Wi-Fi devices that are over.
///
/// ns3::PhyEntity (ns-3 3.44) keeps the event of every detection, and with it the whole frame,
/// until the radio locks on a preamble or transmits. A radio that hears only weak frames does
/// neither, and would keep them all. Events that are still to come stay, so nothing else changes.
void ForgetPassedPreambles(const ns3::NetDeviceContainer& devices);

} // namespace netgym
