// SPDX-License-Identifier: GPL-2.0-only
// The header of feedback reports.
#pragma once
#include "traffic/nada.h"

#include <ns3/header.h>

namespace netgym
{

/// NADA's signals, and the echo from which the sender computes the round-trip time.
class FeedbackHeader : public ns3::Header
{
  public:
    std::uint32_t report{0}; ///< number of this report
    NadaFeedback nada;
    std::uint32_t newest{0}; ///< number of the last packet received
    std::int64_t sentNs{0};  ///< when it was sent
    std::int64_t heldNs{0};  ///< how long ago it arrived

    static ns3::TypeId GetTypeId();

    ns3::TypeId GetInstanceTypeId() const override
    {
        return GetTypeId();
    }

    std::uint32_t GetSerializedSize() const override
    {
        return 41;
    }

    void Serialize(ns3::Buffer::Iterator at) const override;
    std::uint32_t Deserialize(ns3::Buffer::Iterator at) override;
    void Print(std::ostream& os) const override;
};

} // namespace netgym
