// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/stamped_flow.h"

#include <ns3/inet-socket-address.h>
#include <ns3/packet.h>
#include <ns3/seq-ts-header.h>
#include <ns3/simulator.h>
#include <ns3/udp-socket-factory.h>

#include <cmath>

namespace netgym
{

using namespace ns3;

namespace
{

constexpr std::uint16_t FLOW_PORT = 9;

} // namespace

double
LoadProfile::RateMbps(Time now) const
{
    const double turns = now.GetSeconds() * 1e3 / periodMs + phase;
    return lowMbps + (highMbps - lowMbps) * 0.5 * (1 - std::cos(2 * M_PI * turns));
}

double
LoadProfile::GapS(double megabits, Time now) const
{
    const double rateMbps = RateMbps(now);
    const double meanMbps = 0.5 * (lowMbps + highMbps);
    const Swing swing{1 - lowMbps / meanMbps, periodMs, 2 * M_PI * phase - 0.5 * M_PI};
    return swing.GapS(megabits / rateMbps, rateMbps / meanMbps, now.GetSeconds() * 1e3);
}

StampedFlow::StampedFlow(Ptr<Node> server,
                         Ptr<Node> user,
                         BurstShape shape,
                         double lostAfterMs,
                         LoadProfile profile,
                         Peer peer)
    : m_shape(shape),
      m_lostAfterMs(lostAfterMs),
      m_profile(profile),
      m_peer(std::move(peer)),
      m_sender(Socket::CreateSocket(server, UdpSocketFactory::GetTypeId())),
      m_receiver(Socket::CreateSocket(user, UdpSocketFactory::GetTypeId()))
{
    m_sender->Bind();
    m_receiver->Bind(InetSocketAddress(Ipv4Address::GetAny(), FLOW_PORT));
    m_receiver->SetRecvCallback(MakeCallback(&StampedFlow::Receive, this));
}

void
StampedFlow::StartIn(Time delay)
{
    Simulator::Schedule(delay, &StampedFlow::SendBurst, this);
}

void
StampedFlow::SendBurst()
{
    const auto address = m_peer();
    for (std::uint32_t i = 0; i < m_shape.burstPackets; ++i)
    {
        SeqTsHeader stamp; // carries the time of its creation
        stamp.SetSeq(m_nextSequence++);
        const auto nowNs = Simulator::Now().GetNanoSeconds();
        m_meter.Sent(stamp.GetSeq(), m_shape.packetBytes, nowNs);
        m_outstanding.emplace(stamp.GetSeq(), nowNs);
        if (address)
        {
            auto packet = ns3::Create<Packet>(m_shape.packetBytes - stamp.GetSerializedSize());
            packet->AddHeader(stamp);
            m_sender->SendTo(packet, 0, InetSocketAddress(*address, FLOW_PORT));
        }
    }
    Simulator::Schedule(Seconds(m_profile.GapS(m_shape.burstPackets * m_shape.packetBytes * 8e-6,
                                               Simulator::Now())),
                        &StampedFlow::SendBurst,
                        this);
}

void
StampedFlow::Receive(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv())
    {
        SeqTsHeader stamp;
        packet->RemoveHeader(stamp);
        const double owdMs = (Simulator::Now() - stamp.GetTs()).GetNanoSeconds() * 1e-6;
        if (owdMs <= m_lostAfterMs && m_outstanding.erase(stamp.GetSeq()) > 0)
        {
            m_meter.Delivered(m_shape.packetBytes, owdMs);
            m_meter.underWay.SettledUpTo(stamp.GetSeq());
        }
    }
}

void
StampedFlow::EndInterval()
{
    const auto nowNs = Simulator::Now().GetNanoSeconds();
    while (!m_outstanding.empty() && (nowNs - m_outstanding.begin()->second) * 1e-6 > m_lostAfterMs)
    {
        m_outstanding.erase(m_outstanding.begin());
        m_meter.Lost(1);
    }
    m_meter.Close(nowNs);
}

} // namespace netgym
