// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/traffic.h"

#include "bridge/duration.h"
#include "bridge/scenario.h"

#include <ns3/config.h>
#include <ns3/inet-socket-address.h>
#include <ns3/node.h>
#include <ns3/packet.h>
#include <ns3/simulator.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/udp-socket-factory.h>
#include <ns3/uinteger.h>

#include <algorithm>

namespace netgym
{

using namespace ns3;

NS_OBJECT_ENSURE_REGISTERED(UdpSource);
NS_OBJECT_ENSURE_REGISTERED(TcpSource);

namespace
{

constexpr double LEAST_FACTOR = 1e-3; // of a swinging load, so that a gap at its minimum is finite

} // namespace

TypeId
UdpSource::GetTypeId()
{
    static TypeId id =
        TypeId("netgym::UdpSource").SetParent<Application>().AddConstructor<UdpSource>();
    return id;
}

UdpSource::UdpSource()
    : m_gap(CreateObject<ExponentialRandomVariable>())
{
}

void
UdpSource::StartApplication()
{
    m_socket = Socket::CreateSocket(GetNode(), UdpSocketFactory::GetTypeId());
    m_socket->Bind();
    m_socket->Connect(destination);
    SendNext();
}

void
UdpSource::StopApplication()
{
    m_next.Cancel();
    if (m_socket)
    {
        m_socket->Close();
    }
}

void
UdpSource::SendNext()
{
    // Qualified, because netgym::Create hides ns3::Create.
    m_socket->Send(ns3::Create<Packet>(packetBytes));
    const double nowMs = NowMs();
    const double factor = std::max(swing.Factor(nowMs), LEAST_FACTOR);
    const double meanGapS = packetBytes * 8e-6 / (rateMbps * factor);
    const double gapS = poisson ? m_gap->GetValue(meanGapS, 0) : meanGapS;
    m_next =
        Simulator::Schedule(Seconds(swing.GapS(gapS, factor, nowMs)), &UdpSource::SendNext, this);
}

void
SetTcpDefaults(const Settings& settings, std::uint32_t bufferBytes)
{
    const auto duration = [&](const std::string& key) {
        return TimeValue(DurationOfMs(settings.Number(key)));
    };
    Config::SetDefault("ns3::TcpSocketBase::MinRto", duration("tcp.min_rto_ms"));
    Config::SetDefault("ns3::TcpSocketBase::ClockGranularity",
                       duration("tcp.clock_granularity_ms"));
    Config::SetDefault("ns3::TcpSocket::DelAckTimeout", duration("tcp.delayed_ack_timeout_ms"));
    Config::SetDefault("ns3::TcpSocket::DataRetries",
                       UintegerValue(settings.Integer("tcp.retries")));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(bufferBytes));
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(bufferBytes));
}

TypeId
TcpSource::GetTypeId()
{
    static TypeId id =
        TypeId("netgym::TcpSource").SetParent<Application>().AddConstructor<TcpSource>();
    return id;
}

void
TcpSource::StartApplication()
{
    auto tcp = GetNode()->GetObject<TcpL4Protocol>();
    m_socket = tcp->CreateSocket(TypeId::LookupByName("ns3::" + congestionControl));
    m_socket->SetAttribute("SegmentSize", UintegerValue(segmentBytes));
    m_socket->SetConnectCallback(MakeCallback(&TcpSource::Connected, this),
                                 MakeNullCallback<void, Ptr<Socket>>());
    m_socket->SetSendCallback(MakeCallback(&TcpSource::Fill, this));
    m_socket->Bind();
    m_socket->Connect(destination);
}

void
TcpSource::StopApplication()
{
    if (m_socket)
    {
        m_socket->Close();
    }
}

void
TcpSource::Connected(Ptr<Socket> socket)
{
    Fill(socket, socket->GetTxAvailable());
}

void
TcpSource::Fill(Ptr<Socket> socket, std::uint32_t)
{
    const std::uint32_t burst = 8 * segmentBytes;
    while (socket->GetTxAvailable() >= burst && socket->Send(ns3::Create<Packet>(burst)) > 0)
    {
    }
}

} // namespace netgym
