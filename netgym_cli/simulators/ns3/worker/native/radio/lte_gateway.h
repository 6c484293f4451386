// SPDX-License-Identifier: GPL-2.0-only
// The short way between the anchor and the LTE base station: packets enter and leave at the base
// station's RRC, instead of crossing the core network's GTP tunnels packet by packet. The EPC stays
// for control. Same packets, fewer events.
#pragma once
#include <ns3/error-model.h>
#include <ns3/lte-enb-net-device.h>
#include <ns3/lte-ue-net-device.h>
#include <ns3/packet.h>
#include <ns3/queue.h>
#include <ns3/simple-channel.h>
#include <ns3/simple-net-device.h>

#include <map>

namespace netgym
{

class LteGateway : public ns3::SimpleNetDevice
{
  public:
    static ns3::TypeId GetTypeId();

    /// Takes over the base station's uplink packets.
    void Connect(ns3::Ptr<ns3::LteEnbNetDevice> baseStation, ns3::Time delay);
    void AddUser(ns3::Ipv4Address address, ns3::Ptr<ns3::LteUeNetDevice> user);

    /// Whether the user's packets take its second bearer from now on; it must have one.
    void SetPriority(ns3::Ipv4Address address, bool first)
    {
        m_users.at(address).first = first;
    }

    bool Send(ns3::Ptr<ns3::Packet> packet,
              const ns3::Address& to,
              std::uint16_t protocol) override;
    bool SendFrom(ns3::Ptr<ns3::Packet> packet,
                  const ns3::Address& from,
                  const ns3::Address& to,
                  std::uint16_t protocol) override;

    bool IsLinkUp() const override
    {
        return true;
    }

    bool NeedsArp() const override
    {
        return false;
    }

  private:
    struct User
    {
        ns3::Ptr<ns3::LteUeNetDevice> device;
        bool first{false};
    };

    void SendDown(ns3::Ptr<ns3::Packet> packet, const User& user);
    void SendUp(ns3::Ptr<ns3::Packet> packet);

    ns3::Ptr<ns3::LteEnbNetDevice> m_baseStation;
    ns3::Time m_delay;
    std::map<ns3::Ipv4Address, User> m_users;
};

} // namespace netgym
