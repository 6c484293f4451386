// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/traffic.h"

#include "bridge/scenario.h"

#include <ns3/inet-socket-address.h>
#include <ns3/node.h>
#include <ns3/packet.h>
#include <ns3/simulator.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/udp-socket-factory.h>
#include <ns3/uinteger.h>

#include <algorithm>
#include <cmath>

namespace netgym
{

using namespace ns3;

NS_OBJECT_ENSURE_REGISTERED(UdpSource);
NS_OBJECT_ENSURE_REGISTERED(TcpSource);

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
    // At least a tenth of a percent of the mean, so that the next packet is scheduled at the
    // minimum too.
    const double factor =
        1 + swing.amplitude * std::sin(2 * M_PI * nowMs / swing.periodMs + swing.phaseRad);
    const double gapS = packetBytes * 8e-6 / (rateMbps * std::max(factor, 1e-3));
    m_next = Simulator::Schedule(Seconds(poisson ? m_gap->GetValue(gapS, 0) : gapS),
                                 &UdpSource::SendNext,
                                 this);
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
