// SPDX-License-Identifier: GPL-2.0-only
// Common steps of building networks: placing nodes, connecting a backhaul, adding a route.
#pragma once
#include "bridge/duration.h"

#include <ns3/ipv4-address.h>
#include <ns3/net-device.h>
#include <ns3/node-container.h>
#include <ns3/packet.h>
#include <ns3/vector.h>
#include <ns3/virtual-net-device.h>

#include <functional>
#include <string>
#include <vector>

namespace netgym
{

/// Of backhaul links and radio interfaces, bytes: room for whole packets with tunnel headers.
inline constexpr std::uint16_t RADIO_MTU = 2000;

/// A point-to-point link between the anchor and a site.
struct Backhaul
{
    ns3::Ipv4Address anchorAddress;
    ns3::Ipv4Address farAddress;
    ns3::Ptr<ns3::NetDevice> anchorDevice;
    ns3::Ptr<ns3::NetDevice> farDevice;
};

/// The former name of DurationOfMs, for scenarios of the last release; the next one drops it.
[[deprecated("use DurationOfMs of bridge/duration.h")]] inline ns3::Time
Milliseconds(double ms)
{
    return DurationOfMs(ms);
}

/// Fixed nodes, one per place.
ns3::NodeContainer NodesAt(const std::vector<ns3::Vector>& places);
/// Installs ns-3's IPv4 stack, without IPv6.
void InstallInternet(const ns3::NodeContainer& nodes);
/// 10 Gbit/s with the given one-way delay, without the queue disc that ns-3 installs by default.
Backhaul ConnectBackhaul(ns3::Ptr<ns3::Node> anchor, ns3::Ptr<ns3::Node> site, double delayMs);
/// An IP interface without a channel below it. `send` gets each packet that the node sends over it
/// and returns whether it was accepted; without one, set the device's own callback.
ns3::Ptr<ns3::VirtualNetDevice> AddVirtualDevice(
    ns3::Ptr<ns3::Node> node,
    std::uint16_t mtu,
    std::function<bool(ns3::Ptr<ns3::Packet>)> send = nullptr);
/// Hands an IPv4 packet to the device's node, as if it had arrived over the device.
void ReceiveIpv4(ns3::Ptr<ns3::VirtualNetDevice> device, ns3::Ptr<ns3::Packet> packet);
void AddNetworkRoute(ns3::Ptr<ns3::Node> node,
                     const std::string& network,
                     const std::string& mask,
                     ns3::Ipv4Address nextHop,
                     ns3::Ptr<ns3::NetDevice> device);
void AddHostRoute(ns3::Ptr<ns3::Node> node,
                  ns3::Ipv4Address host,
                  ns3::Ipv4Address nextHop,
                  ns3::Ptr<ns3::NetDevice> device);
/// Index of the node of `candidates` closest to `node`.
int NearestNode(ns3::Ptr<ns3::Node> node, const ns3::NodeContainer& candidates);

} // namespace netgym
