// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/varying_rate_device.h"

#include <ns3/point-to-point-channel.h>
#include <ns3/ppp-header.h>
#include <ns3/queue.h>
#include <ns3/simulator.h>

#include <algorithm>

namespace netgym
{

using namespace ns3;

NS_OBJECT_ENSURE_REGISTERED(VaryingRateDevice);

namespace
{

constexpr std::uint16_t PPP_IPV4 = 0x0021;
constexpr std::uint16_t ETHERNET_IPV4 = 0x0800;
constexpr double CLOCK_TICK_S = 1e-9; // ns-3's resolution

} // namespace

TypeId
VaryingRateDevice::GetTypeId()
{
    static TypeId id = TypeId("netgym::VaryingRateDevice")
                           .SetParent<PointToPointNetDevice>()
                           .AddConstructor<VaryingRateDevice>();
    return id;
}

bool
VaryingRateDevice::IsSending() const
{
    return m_packet && m_rate.GetBitRate() > 0;
}

Time
VaryingRateDevice::SendingTime() const
{
    return IsSending() ? m_sentFor + Simulator::Now() - m_since : m_sentFor;
}

void
VaryingRateDevice::SetRate(DataRate rate)
{
    if (rate == m_rate)
    {
        return;
    }
    const double before = m_rate.GetBitRate();
    const Time sentFor = SendingTime();
    m_rate = rate;
    if (!m_packet)
    {
        return;
    }
    const Time now = Simulator::Now();
    m_bitsLeft -= (now - m_since).GetSeconds() * before;
    m_since = now;
    m_sentFor = sentFor;
    if (m_end.IsPending() && m_bitsLeft <= before * CLOCK_TICK_S)
    {
        return; // it is sent, but for rounding, and its end is due
    }
    m_end.Cancel();
    if (rate.GetBitRate() > 0)
    {
        m_end = Simulator::Schedule(Seconds(std::max(m_bitsLeft, 0.0) / rate.GetBitRate()),
                                    &VaryingRateDevice::End,
                                    this);
    }
}

bool
VaryingRateDevice::Send(Ptr<Packet> packet, const Address&, std::uint16_t protocol)
{
    NS_ABORT_MSG_IF(protocol != ETHERNET_IPV4, "this device carries IPv4 only");
    PppHeader header;
    header.SetProtocol(PPP_IPV4);
    packet->AddHeader(header);
    if (!GetQueue()->Enqueue(packet))
    {
        return false;
    }
    if (!m_packet)
    {
        Begin(GetQueue()->Dequeue());
    }
    return true;
}

void
VaryingRateDevice::Begin(Ptr<Packet> packet)
{
    m_packet = packet;
    m_bitsLeft = 8.0 * packet->GetSize();
    m_since = Simulator::Now();
    if (m_rate.GetBitRate() > 0)
    {
        m_end = Simulator::Schedule(m_rate.CalculateBytesTxTime(packet->GetSize()),
                                    &VaryingRateDevice::End,
                                    this);
    }
}

void
VaryingRateDevice::End()
{
    m_sentFor = SendingTime();
    const Ptr<Packet> packet = m_packet;
    m_packet = nullptr;
    auto channel = DynamicCast<PointToPointChannel>(GetChannel());
    channel->TransmitStart(packet, this, Time(0));
    if (auto next = GetQueue()->Dequeue())
    {
        Begin(next);
    }
}

} // namespace netgym
