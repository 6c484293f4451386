// SPDX-License-Identifier: GPL-2.0-only
// A shortcut between the anchor and the LTE base station: packets enter and leave at the base
// station's RRC instead of the core network's GTP tunnels, which saves events. The EPC remains for
// signalling.
#pragma once
#include <ns3/lte-enb-net-device.h>
#include <ns3/lte-ue-net-device.h>
#include <ns3/packet.h>
#include <ns3/virtual-net-device.h>

#include <map>

namespace netgym
{

class LteGateway
{
  public:
    /// Adds an IP interface to `anchor` and takes over the base station's uplink packets.
    LteGateway(ns3::Ptr<ns3::Node> anchor,
               ns3::Ptr<ns3::LteEnbNetDevice> baseStation,
               ns3::Time delay);
    LteGateway(const LteGateway&) = delete; // callbacks hold its address

    /// The anchor's IP interface.
    ns3::Ptr<ns3::NetDevice> Device() const
    {
        return m_device;
    }

    void AddUser(ns3::Ipv4Address address, ns3::Ptr<ns3::LteUeNetDevice> user);

    /// Whether the user's packets take its second bearer from now on; it must have one.
    void SetPriority(ns3::Ipv4Address address, bool prioritized)
    {
        m_users.at(address).prioritized = prioritized;
    }

  private:
    struct User
    {
        ns3::Ptr<ns3::LteUeNetDevice> device;
        bool prioritized{false};
    };

    bool Send(ns3::Ptr<ns3::Packet> packet);
    void SendDown(ns3::Ptr<ns3::Packet> packet, const User& user);
    void SendUp(ns3::Ptr<ns3::Packet> packet);

    ns3::Ptr<ns3::VirtualNetDevice> m_device;
    ns3::Ptr<ns3::LteEnbNetDevice> m_baseStation;
    ns3::Time m_delay;
    std::map<ns3::Ipv4Address, User> m_users;
};

} // namespace netgym
