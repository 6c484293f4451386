// SPDX-License-Identifier: GPL-2.0-only
// The header of a channel's packets: as long as those of IPv4 and UDP, it identifies the packet.
#pragma once
#include <ns3/header.h>

namespace netgym
{

/// Takes 28 bytes on every link, as the headers of a UDP datagram over IPv4 do.
class ChannelHeader : public ns3::Header
{
  public:
    static constexpr std::uint32_t BYTES = 20 + 8;

    static ns3::TypeId GetTypeId();

    ns3::TypeId GetInstanceTypeId() const override
    {
        return GetTypeId();
    }

    std::uint32_t GetSerializedSize() const override
    {
        return BYTES;
    }

    void Serialize(ns3::Buffer::Iterator start) const override;
    std::uint32_t Deserialize(ns3::Buffer::Iterator start) override;
    void Print(std::ostream& out) const override;

    std::uint32_t port{0};
    std::uint64_t number{0}; ///< counted from 0 for each port
};

} // namespace netgym
