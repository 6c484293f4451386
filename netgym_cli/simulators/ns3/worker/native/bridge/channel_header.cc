// SPDX-License-Identifier: GPL-2.0-only
#include "bridge/channel_header.h"

namespace netgym
{

using namespace ns3;

NS_OBJECT_ENSURE_REGISTERED(ChannelHeader);

TypeId
ChannelHeader::GetTypeId()
{
    static TypeId id =
        TypeId("netgym::ChannelHeader").SetParent<Header>().AddConstructor<ChannelHeader>();
    return id;
}

void
ChannelHeader::Serialize(Buffer::Iterator start) const
{
    start.WriteU32(port);
    start.WriteU64(number);
    start.WriteU8(0, BYTES - 4 - 8);
}

std::uint32_t
ChannelHeader::Deserialize(Buffer::Iterator start)
{
    port = start.ReadU32();
    number = start.ReadU64();
    return BYTES;
}

void
ChannelHeader::Print(std::ostream& out) const
{
    out << "port=" << port << " number=" << number;
}

} // namespace netgym
