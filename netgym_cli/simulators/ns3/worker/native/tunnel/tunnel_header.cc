// SPDX-License-Identifier: GPL-2.0-only
#include "tunnel/tunnel_header.h"

namespace netgym
{

using namespace ns3;

NS_OBJECT_ENSURE_REGISTERED(TunnelHeader);

TypeId
TunnelHeader::GetTypeId()
{
    static TypeId id =
        TypeId("netgym::TunnelHeader").SetParent<Header>().AddConstructor<TunnelHeader>();
    return id;
}

void
TunnelHeader::Serialize(Buffer::Iterator at) const
{
    at.WriteU8(kind);
    at.WriteU8(link);
    at.WriteHtonU32(sequence);
    at.WriteHtonU16(linkSequence);
    at.WriteHtonU64(static_cast<std::uint64_t>(sentNs));
    for (const int share : units)
    {
        at.WriteU8(static_cast<std::uint8_t>(share));
    }
}

std::uint32_t
TunnelHeader::Deserialize(Buffer::Iterator at)
{
    kind = static_cast<Kind>(at.ReadU8());
    link = at.ReadU8();
    sequence = at.ReadNtohU32();
    linkSequence = at.ReadNtohU16();
    sentNs = static_cast<std::int64_t>(at.ReadNtohU64());
    for (int& share : units)
    {
        share = at.ReadU8();
    }
    return GetSerializedSize();
}

void
TunnelHeader::Print(std::ostream& os) const
{
    os << "sequence=" << sequence << " link=" << LINK_NAMES[link];
}

} // namespace netgym
