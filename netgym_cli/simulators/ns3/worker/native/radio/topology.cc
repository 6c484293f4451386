// SPDX-License-Identifier: GPL-2.0-only
#include "radio/topology.h"

#include "bridge/duration.h"

#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-static-routing-helper.h>
#include <ns3/mobility-helper.h>
#include <ns3/mobility-model.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/position-allocator.h>
#include <ns3/string.h>

namespace netgym
{

using namespace ns3;

NodeContainer
NodesAt(const std::vector<Vector>& places)
{
    NodeContainer nodes(places.size());
    auto positions = CreateObject<ListPositionAllocator>();
    for (const auto& place : places)
    {
        positions->Add(place);
    }
    MobilityHelper mobility;
    mobility.SetPositionAllocator(positions);
    mobility.Install(nodes);
    return nodes;
}

void
InstallInternet(const NodeContainer& nodes)
{
    InternetStackHelper internet;
    internet.SetIpv6StackInstall(false);
    internet.Install(nodes);
}

Backhaul
ConnectBackhaul(Ptr<Node> anchor, Ptr<Node> site, double delayMs)
{
    PointToPointHelper link;
    link.DisableFlowControl();
    link.SetDeviceAttribute("DataRate", StringValue("10Gb/s"));
    link.SetDeviceAttribute("Mtu", UintegerValue(RADIO_MTU));
    link.SetChannelAttribute("Delay", TimeValue(DurationOfMs(delayMs) + MicroSeconds(10)));
    const auto devices = link.Install(anchor, site);
    const auto site_id = site->GetId();
    const std::string net =
        "10." + std::to_string(200 + site_id / 256) + "." + std::to_string(site_id % 256) + ".0";
    Ipv4AddressHelper addresses(net.c_str(), "255.255.255.252");
    const auto assigned = addresses.Assign(devices);
    return {assigned.GetAddress(0), assigned.GetAddress(1), devices.Get(0), devices.Get(1)};
}

Ptr<VirtualNetDevice>
AddVirtualDevice(Ptr<Node> node, std::uint16_t mtu, std::function<bool(Ptr<Packet>)> send)
{
    auto device = CreateObject<VirtualNetDevice>();
    device->SetAddress(Mac48Address::Allocate());
    device->SetMtu(mtu);
    device->SetNeedsArp(false);
    if (send)
    {
        device->SetSendCallback(
            Callback<bool, Ptr<Packet>, const Address&, const Address&, std::uint16_t>(
                [send](Ptr<Packet> packet, const Address&, const Address&, std::uint16_t) {
                    return send(packet);
                }));
    }
    node->AddDevice(device);
    return device;
}

void
ReceiveIpv4(Ptr<VirtualNetDevice> device, Ptr<Packet> packet)
{
    const auto own = device->GetAddress();
    device->Receive(packet, Ipv4L3Protocol::PROT_NUMBER, own, own, NetDevice::PACKET_HOST);
}

void
AddNetworkRoute(Ptr<Node> node,
                const std::string& network,
                const std::string& mask,
                Ipv4Address nextHop,
                Ptr<NetDevice> device)
{
    auto ip = node->GetObject<Ipv4>();
    Ipv4StaticRoutingHelper().GetStaticRouting(ip)->AddNetworkRouteTo(
        network.c_str(),
        mask.c_str(),
        nextHop,
        ip->GetInterfaceForDevice(device));
}

void
AddHostRoute(Ptr<Node> node, Ipv4Address host, Ipv4Address nextHop, Ptr<NetDevice> device)
{
    auto ip = node->GetObject<Ipv4>();
    Ipv4StaticRoutingHelper().GetStaticRouting(ip)->AddHostRouteTo(
        host,
        nextHop,
        ip->GetInterfaceForDevice(device));
}

int
NearestNode(Ptr<Node> node, const NodeContainer& candidates)
{
    auto place = node->GetObject<MobilityModel>();
    int nearest = 0;
    for (std::uint32_t i = 1; i < candidates.GetN(); ++i)
    {
        if (place->GetDistanceFrom(candidates.Get(i)->GetObject<MobilityModel>()) <
            place->GetDistanceFrom(candidates.Get(nearest)->GetObject<MobilityModel>()))
        {
            nearest = static_cast<int>(i);
        }
    }
    return nearest;
}

} // namespace netgym
