// SPDX-License-Identifier: GPL-2.0-only
// The sending end of a point-to-point link whose rate changes while packets are on it.
#pragma once
#include <ns3/data-rate.h>
#include <ns3/event-id.h>
#include <ns3/nstime.h>
#include <ns3/packet.h>
#include <ns3/point-to-point-net-device.h>

namespace netgym
{

/// What is left of the packet being sent when the rate changes goes at the new rate; ns-3's own
/// device would finish it at the old one. The propagation delay is that of the moment at which the
/// last bit leaves.
class VaryingRateDevice : public ns3::PointToPointNetDevice
{
  public:
    static ns3::TypeId GetTypeId();

    /// From now on. At 0 bit/s nothing is sent, and packets wait.
    void SetRate(ns3::DataRate rate);

    /// Time during which bits were sent since the simulation began. None are at a rate of 0.
    ns3::Time SendingTime() const;

    bool Send(ns3::Ptr<ns3::Packet> packet,
              const ns3::Address& destination,
              std::uint16_t protocol) override;

  private:
    void Begin(ns3::Ptr<ns3::Packet> packet);
    void End();
    bool IsSending() const;

    ns3::DataRate m_rate;
    ns3::Ptr<ns3::Packet> m_packet; ///< the one being sent
    double m_bitsLeft{0};           ///< of it, at m_since
    ns3::Time m_since;              ///< when it began, or the last change of the rate during it
    ns3::Time m_sentFor;            ///< until m_since
    ns3::EventId m_end;
};

} // namespace netgym
