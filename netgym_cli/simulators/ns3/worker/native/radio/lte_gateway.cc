// SPDX-License-Identifier: GPL-2.0-only
#include "radio/lte_gateway.h"

#include "radio/topology.h"

#include <ns3/eps-bearer-tag.h>
#include <ns3/ipv4-header.h>
#include <ns3/lte-enb-rrc.h>
#include <ns3/lte-ue-rrc.h>
#include <ns3/node.h>
#include <ns3/simulator.h>

namespace netgym
{

using namespace ns3;

LteGateway::LteGateway(Ptr<Node> anchor, Ptr<LteEnbNetDevice> baseStation, Time delay)
    : m_device(
          AddVirtualDevice(anchor, RADIO_MTU, [this](Ptr<Packet> packet) { return Send(packet); })),
      m_baseStation(baseStation),
      m_delay(delay)
{
    m_baseStation->GetRrc()->SetForwardUpCallback(MakeCallback(&LteGateway::SendUp, this));
}

void
LteGateway::AddUser(Ipv4Address address, Ptr<LteUeNetDevice> user)
{
    m_users[address] = {user};
}

bool
LteGateway::Send(Ptr<Packet> packet)
{
    Ipv4Header header;
    packet->PeekHeader(header);
    const auto user = m_users.find(header.GetDestination());
    if (user == m_users.end())
    {
        return false;
    }
    const auto context = m_baseStation->GetNode()->GetId();
    Simulator::ScheduleWithContext(context,
                                   m_delay,
                                   &LteGateway::SendDown,
                                   this,
                                   packet,
                                   user->second);
    return true;
}

void
LteGateway::SendDown(Ptr<Packet> packet, const User& user)
{
    constexpr std::uint8_t DEFAULT_BEARER = 1;
    constexpr std::uint8_t PRIORITY_BEARER = 2;
    const auto rrc = user.device->GetRrc();
    if (rrc->GetState() == LteUeRrc::CONNECTED_NORMALLY)
    {
        packet->AddPacketTag(
            EpsBearerTag(rrc->GetRnti(), user.prioritized ? PRIORITY_BEARER : DEFAULT_BEARER));
        m_baseStation->GetRrc()->SendData(packet);
    }
}

void
LteGateway::SendUp(Ptr<Packet> packet)
{
    EpsBearerTag tag;
    packet->RemovePacketTag(tag);
    Simulator::ScheduleWithContext(m_device->GetNode()->GetId(),
                                   m_delay,
                                   &ReceiveIpv4,
                                   m_device,
                                   packet);
}

} // namespace netgym
