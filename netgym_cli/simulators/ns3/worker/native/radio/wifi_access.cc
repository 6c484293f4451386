// SPDX-License-Identifier: GPL-2.0-only
#include "radio/wifi_access.h"

#include "bridge/duration.h"
#include "radio/passed_preambles.h"
#include "radio/topology.h"

#include <ns3/boolean.h>
#include <ns3/config.h>
#include <ns3/double.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/neighbor-cache-helper.h>
#include <ns3/queue-size.h>
#include <ns3/simulator.h>
#include <ns3/ssid.h>
#include <ns3/string.h>
#include <ns3/traffic-control-helper.h>
#include <ns3/uinteger.h>
#include <ns3/wifi-helper.h>
#include <ns3/yans-wifi-helper.h>

#include <array>
#include <cmath>

namespace netgym
{

using namespace ns3;

namespace
{

// The 20 MHz channels of the 5 GHz band. Past the last one they are used again: each access point
// has a channel object of its own, so equal numbers do not interfere.
constexpr std::array<int, 25> WIFI_CHANNELS{36,  40,  44,  48,  52,  56,  60,  64,  100,
                                            104, 108, 112, 116, 120, 124, 128, 132, 136,
                                            140, 144, 149, 153, 157, 161, 165};
// Five beacons unheard: the access point is out of reach.
const Time BEACON_LIFETIME = MilliSeconds(500);

} // namespace

WifiAccess::WifiAccess(const Settings& settings,
                       const NodeContainer& users,
                       Ptr<Node> anchor,
                       bool marks)
    : m_users(users),
      m_marks(marks),
      m_hysteresisDb(settings.Number("wifi.handover_hysteresis_db")),
      m_interval(DurationOfMs(settings.Number("wifi.handover_interval_ms")))
{
    const auto places = settings.Places("wifi_ap_locations");
    SetDefaults(settings);
    const NodeContainer accessPoints = NodesAt(places);
    InstallInternet(accessPoints);
    m_beacons.assign(users.GetN(), std::vector<Beacon>(places.size()));
    m_cells.resize(places.size());
    for (std::size_t i = 0; i < places.size(); ++i)
    {
        BuildCell(i, settings, accessPoints.Get(i));
        ConnectCell(i, settings, accessPoints.Get(i), anchor);
        TraceBeacons(i);
    }
    for (std::uint32_t user = 0; user < users.GetN(); ++user)
    {
        m_serving.push_back(NearestNode(users.Get(user), accessPoints));
    }
    if (settings.Flag("wifi.enable_rx_signal_based_handover"))
    {
        Simulator::Schedule(m_interval, &WifiAccess::CompareBeacons, this);
    }
}

void
WifiAccess::SetDefaults(const Settings& settings) const
{
    Config::SetDefault("ns3::WifiMacQueue::MaxSize",
                       QueueSizeValue(QueueSize(settings.Text("wifi.queue_packets") + "p")));
    Config::SetDefault("ns3::WifiMacQueue::MaxDelay",
                       TimeValue(DurationOfMs(settings.Number("wifi.queue_delay_ms"))));
    Config::SetDefault("ns3::WifiRemoteStationManager::RtsCtsThreshold",
                       UintegerValue(settings.Flag("wifi.rts_cts") ? 0 : 4692480));
    Config::SetDefault("ns3::StaWifiMac::MaxMissedBeacons", UintegerValue(100));
    Config::SetDefault("ns3::ThresholdPreambleDetectionModel::MinimumRssi",
                       DoubleValue(settings.Number("wifi.min_rssi_dbm")));
}

void
WifiAccess::BuildCell(int index, const Settings& settings, Ptr<Node> accessPoint)
{
    const bool shared = settings.Flag("wifi.ap_share_same_band");
    YansWifiPhyHelper phy;
    if (!shared || !m_channel)
    {
        m_channel = YansWifiChannelHelper::Default().Create();
        if (settings.Text("wifi.idle_stations_overhear", "1") == "0")
        {
            m_overhearing = CreateObject<Overhearing>();
            m_overhearing->Join(m_channel);
        }
    }
    phy.SetChannel(m_channel);
    const int number = shared ? WIFI_CHANNELS[0] : WIFI_CHANNELS[index % WIFI_CHANNELS.size()];
    phy.Set("ChannelSettings", StringValue("{" + std::to_string(number) + ", 20, BAND_5GHZ, 0}"));
    phy.Set("TxPowerStart", DoubleValue(settings.Number("wifi.tx_power_dbm")));
    phy.Set("TxPowerEnd", DoubleValue(settings.Number("wifi.tx_power_dbm")));

    WifiHelper wifi;
    if (!m_marks)
    {
        wifi.DisableFlowControl(); // without flow control, the traffic control layer drops marks
    }
    wifi.SetStandard(WIFI_STANDARD_80211ax);
    wifi.SetRemoteStationManager("ns3::" + settings.Text("wifi.rate_control") + "WifiManager");
    const Ssid ssid("netgym-" + std::to_string(index));
    WifiMacHelper mac;
    mac.SetType("ns3::StaWifiMac", "QosSupported", BooleanValue(true), "Ssid", SsidValue(ssid));
    m_cells[index].stations = wifi.Install(phy, mac, m_users);
    mac.SetType("ns3::ApWifiMac", "QosSupported", BooleanValue(true), "Ssid", SsidValue(ssid));
    m_cells[index].accessPoint = wifi.Install(phy, mac, accessPoint);
    if (m_overhearing)
    {
        m_overhearing->Add(m_cells[index].accessPoint, m_cells[index].stations);
    }
}

void
WifiAccess::ConnectCell(int index,
                        const Settings& settings,
                        Ptr<Node> accessPoint,
                        Ptr<Node> anchor)
{
    Cell& cell = m_cells[index];
    const Backhaul backhaul =
        ConnectBackhaul(anchor, accessPoint, settings.Number("wifi.backhaul_delay_ms"));
    cell.anchorAddress = backhaul.anchorAddress;
    const std::string net =
        "10." + std::to_string(100 + index / 256) + "." + std::to_string(index % 256) + ".0";
    Ipv4AddressHelper addresses(net.c_str(), "255.255.255.0");
    const auto gateway = addresses.Assign(cell.accessPoint).GetAddress(0);
    const auto stations = addresses.Assign(cell.stations);
    if (m_marks)
    {
        // No queue disc on top: the queue is the MAC's. With flow control a default one has been
        // installed.
        TrafficControlHelper().Uninstall(NetDeviceContainer(cell.accessPoint, cell.stations));
    }
    AddNetworkRoute(anchor, net, "255.255.255.0", backhaul.farAddress, backhaul.anchorDevice);
    for (std::uint32_t user = 0; user < m_users.GetN(); ++user)
    {
        cell.stationAddresses.push_back(stations.GetAddress(user));
        AddHostRoute(m_users.Get(user), cell.anchorAddress, gateway, cell.stations.Get(user));
    }
    NeighborCacheHelper neighbours; // no ARP over the air
    neighbours.PopulateNeighborCache(NetDeviceContainer(cell.accessPoint, cell.stations));
}

void
WifiAccess::TraceBeacons(int index)
{
    for (std::uint32_t user = 0; user < m_users.GetN(); ++user)
    {
        auto mac = DynamicCast<WifiNetDevice>(m_cells[index].stations.Get(user))->GetMac();
        const int who = static_cast<int>(user);
        mac->TraceConnectWithoutContext(
            "ReceivedBeaconInfo",
            MakeCallback(&WifiAccess::ReceiveBeacon, this).Bind(who, index));
        mac->TraceConnectWithoutContext(
            "Assoc",
            MakeCallback(&WifiAccess::AssociationChanged, this).Bind(who, index, true));
        mac->TraceConnectWithoutContext(
            "DeAssoc",
            MakeCallback(&WifiAccess::AssociationChanged, this).Bind(who, index, false));
    }
}

void
WifiAccess::ReceiveBeacon(int user, int cell, StaWifiMac::ApInfo info)
{
    m_beacons[user][cell].snrDb = 10 * std::log10(info.m_snr);
    m_beacons[user][cell].receivedAt = Simulator::Now();
}

void
WifiAccess::AssociationChanged(int user, int cell, bool associated, Mac48Address)
{
    m_beacons[user][cell].associated = associated;
}

double
WifiAccess::SignalDb(int user, int cell) const
{
    const Beacon& beacon = m_beacons[user][cell];
    const bool reachable = m_cells[cell].open && beacon.associated &&
                           Simulator::Now() - beacon.receivedAt <= BEACON_LIFETIME;
    return reachable ? beacon.snrDb : OUT_OF_REACH_DB;
}

void
WifiAccess::ChooseCells()
{
    for (std::uint32_t user = 0; user < m_users.GetN(); ++user)
    {
        int best = m_serving[user];
        for (std::size_t cell = 0; cell < m_cells.size(); ++cell)
        {
            const double margin = best == m_serving[user] ? m_hysteresisDb : 0;
            if (SignalDb(user, cell) > SignalDb(user, best) + margin)
            {
                best = static_cast<int>(cell);
            }
        }
        if (best != m_serving[user])
        {
            Overhearing::Use(m_cells[best].stations.Get(user));
        }
        m_serving[user] = best;
    }
}

void
WifiAccess::CompareBeacons()
{
    ChooseCells();
    Simulator::Schedule(m_interval, &WifiAccess::CompareBeacons, this);
}

void
WifiAccess::SetOpen(int cell, bool open)
{
    m_cells[cell].open = open;
    if (!open)
    {
        ChooseCells();
    }
}

Ptr<WifiNetDevice>
WifiAccess::AccessPoint(int cell) const
{
    return DynamicCast<WifiNetDevice>(m_cells[cell].accessPoint.Get(0));
}

Ipv4Address
WifiAccess::UserAddress(int user) const
{
    return m_cells[m_serving[user]].stationAddresses[user];
}

Ipv4Address
WifiAccess::AnchorAddress(int user) const
{
    return m_cells[m_serving[user]].anchorAddress;
}

double
WifiAccess::MaxRateMbps(int user) const
{
    const Cell& cell = m_cells[m_serving[user]];
    if (!m_beacons[user][m_serving[user]].associated)
    {
        return 0;
    }
    auto accessPoint = DynamicCast<WifiNetDevice>(cell.accessPoint.Get(0));
    WifiMacHeader header(WIFI_MAC_QOSDATA);
    header.SetAddr1(Mac48Address::ConvertFrom(cell.stations.Get(user)->GetAddress()));
    header.SetAddr2(Mac48Address::ConvertFrom(accessPoint->GetAddress()));
    header.SetAddr3(Mac48Address::ConvertFrom(accessPoint->GetAddress()));
    header.SetDsFrom();
    header.SetDsNotTo();
    header.SetQosTid(0);
    const auto vector = accessPoint->GetRemoteStationManager()->GetDataTxVector(
        header,
        accessPoint->GetPhy()->GetChannelWidth());
    return vector.GetMode().GetDataRate(vector) * 1e-6;
}

int
WifiAccess::CellId(int user) const
{
    const int cell = m_serving[user];
    return m_beacons[user][cell].associated ? cell + 1 : NO_CELL;
}

void
WifiAccess::EndInterval()
{
    for (const auto& cell : m_cells)
    {
        ForgetPassedPreambles(cell.stations);
        ForgetPassedPreambles(cell.accessPoint);
    }
}

} // namespace netgym
