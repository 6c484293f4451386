// SPDX-License-Identifier: GPL-2.0-only
#include "tunnel/tunnel.h"

#include "bridge/duration.h"
#include "bridge/scenario.h"

#include <ns3/inet-socket-address.h>
#include <ns3/packet.h>
#include <ns3/simulator.h>
#include <ns3/udp-socket-factory.h>

#include <algorithm>

namespace netgym
{

using namespace ns3;

TunnelEnd::TunnelEnd(Ptr<Node> node,
                     std::uint16_t port,
                     ReorderTimeout timeout,
                     Peer peer,
                     Deliver deliver)
    : m_timeout(timeout),
      m_peer(std::move(peer)),
      m_deliver(std::move(deliver))
{
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    m_socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
    m_socket->SetRecvCallback(MakeCallback(&TunnelEnd::Receive, this));
}

void
TunnelEnd::SetWeights(const std::array<double, LINKS>& weights)
{
    const double sum = weights[WIFI] + weights[NR] + weights[LTE];
    for (int link = 0; link < LINKS; ++link)
    {
        m_weights[link] = sum > 0 ? weights[link] / sum : 0;
        m_credit[link] = 0;
    }
}

// Smooth weighted round robin: no randomness, and never more than a packet away from the exact
// shares.
int
TunnelEnd::NextLink()
{
    int best = -1;
    for (int link = 0; link < LINKS; ++link)
    {
        m_credit[link] += m_weights[link];
        if (m_weights[link] > 0 && (best < 0 || m_credit[link] > m_credit[best]))
        {
            best = link;
        }
    }
    if (best >= 0)
    {
        m_credit[best] -= 1;
    }
    return best;
}

void
TunnelEnd::Send(Ptr<Packet> inner)
{
    const int link = NextLink();
    if (link < 0)
    {
        return;
    }
    TunnelHeader header;
    header.sequence = m_nextSequence++;
    header.link = static_cast<std::uint8_t>(link);
    header.sentNs = Simulator::Now().GetNanoSeconds();
    if (sent)
    {
        sent->flow.Sent(header.sequence, inner->GetSize(), header.sentNs);
        sent->links[link].Sent(header.sequence, inner->GetSize(), header.sentNs);
    }
    header.linkSequence = m_nextLinkSequence[link]++;
    SendOver(link, header, inner->Copy());
}

void
TunnelEnd::Probe(int link)
{
    TunnelHeader header;
    header.kind = TunnelHeader::PROBE;
    header.link = static_cast<std::uint8_t>(link);
    header.linkSequence = m_nextLinkSequence[link]++;
    header.sentNs = Simulator::Now().GetNanoSeconds();
    SendOver(link, header, ns3::Create<Packet>());
}

void
TunnelEnd::RequestShares(const Units& units, int link)
{
    TunnelHeader header;
    header.kind = TunnelHeader::REQUEST;
    header.units = units;
    header.link = static_cast<std::uint8_t>(link);
    SendOver(link, header, ns3::Create<Packet>());
}

void
TunnelEnd::SendOver(int link, const TunnelHeader& header, Ptr<Packet> packet)
{
    // Expedited forwarding, which SelectQueueByDSField maps to AC_VI.
    constexpr std::uint8_t VIDEO = 0xb8;
    packet->AddHeader(header);
    m_socket->SetIpTos(m_priority[link] ? VIDEO : 0);
    m_socket->SendTo(packet, 0, m_peer(link));
}

void
TunnelEnd::Receive(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv())
    {
        TunnelHeader header;
        packet->RemoveHeader(header);
        if (header.kind == TunnelHeader::REQUEST)
        {
            if (onRequest)
            {
                const double sum = header.units[WIFI] + header.units[NR] + header.units[LTE];
                onRequest(
                    {header.units[WIFI] / sum, header.units[NR] / sum, header.units[LTE] / sum});
            }
            continue;
        }
        if (onArrival)
        {
            onArrival(header.link,
                      (Simulator::Now().GetNanoSeconds() - header.sentNs) * 1e-6,
                      header.linkSequence);
        }
        if (header.kind == TunnelHeader::DATA)
        {
            Accept(header, packet);
        }
    }
}

void
TunnelEnd::Accept(const TunnelHeader& header, Ptr<Packet> inner)
{
    const double nowMs = NowMs();
    const double sentMs = header.sentNs * 1e-6;
    if (received)
    {
        received->links[header.link].Received(inner->GetSize(), nowMs - sentMs);
        received->links[header.link].underWay.SettledUpTo(header.sequence);
    }
    m_last[header.link] = {true, header.sequence, nowMs, nowMs - sentMs};
    const auto ahead = static_cast<std::int32_t>(header.sequence - m_expected);
    if (ahead < 0)
    {
        // Declared lost too early: delivered late, for the transport layer to reorder.
        Release(inner, sentMs);
        return;
    }
    m_held[header.sequence] = {inner, nowMs, sentMs};
    ReleaseRun();
    SkipLost();
    if (!m_held.empty() && !m_expiry.IsPending())
    {
        m_expiry = Simulator::Schedule(DurationOfMs(TimeoutMs()), &TunnelEnd::Expire, this);
    }
}

void
TunnelEnd::Release(Ptr<Packet> inner, double sentMs)
{
    if (received)
    {
        received->flow.Delivered(inner->GetSize(), NowMs() - sentMs);
    }
    m_deliver(inner);
}

void
TunnelEnd::ReleaseRun()
{
    for (auto first = m_held.begin(); first != m_held.end() && first->first == m_expected;
         first = m_held.begin())
    {
        const Held held = first->second;
        m_held.erase(first);
        if (received)
        {
            received->flow.underWay.SettledUpTo(m_expected);
        }
        m_expected++;
        Release(held.packet, held.sentMs);
    }
    if (m_held.empty())
    {
        m_expiry.Cancel();
    }
}

void
TunnelEnd::SkipTo(std::uint32_t sequence)
{
    if (received)
    {
        received->flow.Lost(sequence - m_expected);
        received->flow.underWay.SettledUpTo(sequence - 1);
    }
    m_expected = sequence;
    ReleaseRun();
}

// Each link is first in, first out: a packet that every link in use has overtaken is lost, so there
// is no point in waiting.
void
TunnelEnd::SkipLost()
{
    while (!m_held.empty() && EveryActiveLinkIsPast(m_expected))
    {
        SkipTo(m_held.begin()->first);
    }
}

bool
TunnelEnd::EveryActiveLinkIsPast(std::uint32_t sequence) const
{
    const double nowMs = NowMs();
    for (const auto& last : m_last)
    {
        const bool active = last.any && nowMs - last.atMs <= m_timeout.maxMs;
        if (active && static_cast<std::int32_t>(last.sequence - sequence) <= 0)
        {
            return false;
        }
    }
    return true;
}

double
TunnelEnd::TimeoutMs() const
{
    double lowest = -1;
    double highest = -1;
    for (const auto& last : m_last)
    {
        if (last.any)
        {
            lowest = lowest < 0 ? last.owdMs : std::min(lowest, last.owdMs);
            highest = std::max(highest, last.owdMs);
        }
    }
    return std::clamp(2 * (highest - lowest), m_timeout.minMs, m_timeout.maxMs);
}

void
TunnelEnd::Expire()
{
    const double nowMs = NowMs();
    const double timeoutMs = TimeoutMs();
    while (!m_held.empty() && nowMs - m_held.begin()->second.arrivedMs >= timeoutMs)
    {
        SkipTo(m_held.begin()->first);
    }
    if (!m_held.empty())
    {
        const double leftMs = timeoutMs - (nowMs - m_held.begin()->second.arrivedMs);
        m_expiry =
            Simulator::Schedule(DurationOfMs(leftMs) + NanoSeconds(1), &TunnelEnd::Expire, this);
    }
}

} // namespace netgym
