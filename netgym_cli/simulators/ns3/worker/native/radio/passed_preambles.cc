// SPDX-License-Identifier: GPL-2.0-only
#include "radio/passed_preambles.h"

#include <ns3/phy-entity.h>
#include <ns3/wifi-net-device.h>
#include <ns3/wifi-phy.h>

#include <vector>

namespace netgym
{

using namespace ns3;

namespace
{

// Both members are protected, and ns-3 has no function for them; a derived class may name them.
struct Entities : WifiPhy
{
    static const auto& Of(const WifiPhy& phy)
    {
        return phy.*&Entities::m_phyEntities;
    }
};

struct Detections : PhyEntity
{
    static auto& Of(PhyEntity& entity)
    {
        return entity.*&Detections::m_endPreambleDetectionEvents;
    }
};

} // namespace

void
ForgetPassedPreambles(const NetDeviceContainer& devices)
{
    for (auto device = devices.Begin(); device != devices.End(); ++device)
    {
        const auto phy = DynamicCast<WifiNetDevice>(*device)->GetPhy();
        for (const auto& [modulation, entity] : Entities::Of(*phy))
        {
            std::erase_if(Detections::Of(*entity),
                          [](const EventId& event) { return event.IsExpired(); });
        }
    }
}

} // namespace netgym
