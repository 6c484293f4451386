// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/feedback_header.h"

#include <bit>

namespace netgym
{

using namespace ns3;

NS_OBJECT_ENSURE_REGISTERED(FeedbackHeader);

TypeId
FeedbackHeader::GetTypeId()
{
    static TypeId id =
        TypeId("netgym::FeedbackHeader").SetParent<Header>().AddConstructor<FeedbackHeader>();
    return id;
}

void
FeedbackHeader::Serialize(Buffer::Iterator at) const
{
    at.WriteHtonU32(report);
    at.WriteU8(nada.rampUp);
    at.WriteHtonU64(std::bit_cast<std::uint64_t>(nada.xCurrMs));
    at.WriteHtonU64(std::bit_cast<std::uint64_t>(nada.receivedKbps));
    at.WriteHtonU32(newest);
    at.WriteHtonU64(sentNs);
    at.WriteHtonU64(heldNs);
}

std::uint32_t
FeedbackHeader::Deserialize(Buffer::Iterator at)
{
    report = at.ReadNtohU32();
    nada.rampUp = at.ReadU8();
    nada.xCurrMs = std::bit_cast<double>(at.ReadNtohU64());
    nada.receivedKbps = std::bit_cast<double>(at.ReadNtohU64());
    newest = at.ReadNtohU32();
    sentNs = at.ReadNtohU64();
    heldNs = at.ReadNtohU64();
    return GetSerializedSize();
}

void
FeedbackHeader::Print(std::ostream& os) const
{
    os << "feedback on " << newest;
}

} // namespace netgym
