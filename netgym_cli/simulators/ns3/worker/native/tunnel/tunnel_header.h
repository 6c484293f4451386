// SPDX-License-Identifier: GPL-2.0-only
// The header of the tunnel's packets.
#pragma once
#include "tunnel/balancer.h"

#include <ns3/header.h>

namespace netgym
{

/// Travels as payload, so it survives the segmentation of any radio stack.
class TunnelHeader : public ns3::Header
{
  public:
    enum Kind : std::uint8_t
    {
        DATA,
        PROBE,  ///< lets the receiver measure the link's delay
        REQUEST ///< requests other shares from the sender
    };

    Kind kind{DATA};
    std::uint8_t link{0};
    std::uint32_t sequence{0};     ///< of data packets
    std::uint16_t linkSequence{0}; ///< of data packets and probes over this link
    std::int64_t sentNs{0};
    Units units{}; ///< requested shares, in a request

    static ns3::TypeId GetTypeId();

    ns3::TypeId GetInstanceTypeId() const override
    {
        return GetTypeId();
    }

    std::uint32_t GetSerializedSize() const override
    {
        return 19;
    }

    void Serialize(ns3::Buffer::Iterator at) const override;
    std::uint32_t Deserialize(ns3::Buffer::Iterator at) override;
    void Print(std::ostream& os) const override;
};

} // namespace netgym
