// SPDX-License-Identifier: GPL-2.0-only
#include "radio/nr_access.h"

#include "radio/topology.h"

#include <ns3/ipv4-address-helper.h>
#include <ns3/ipv4-header.h>
#include <ns3/mobility-model.h>
#include <ns3/simulator.h>

namespace netgym
{

using namespace ns3;

namespace
{

// The uplink carries acknowledgements only: a fixed rate and delay stand for grants and
// transmission.
constexpr double UPLINK_MBPS = 20;
const Time UPLINK_DELAY = MilliSeconds(2);
constexpr double CARRIER_SPACING_HZ = 20e6;

} // namespace

NrAccess::NrAccess(const Settings& settings, const NodeContainer& users, Ptr<Node> anchor)
    : m_users(users.GetN())
{
    const auto places = settings.Places("nr_gnb_locations");
    const NodeContainer sites = NodesAt(places);
    InstallInternet(sites);
    for (std::uint32_t user = 0; user < users.GetN(); ++user)
    {
        m_users[user].cell = NearestNode(users.Get(user), sites);
    }
    m_cells.resize(places.size());
    for (std::size_t i = 0; i < places.size(); ++i)
    {
        BuildCell(i, settings, users, sites.Get(i), anchor);
    }
}

void
NrAccess::BuildCell(int index,
                    const Settings& settings,
                    const NodeContainer& users,
                    Ptr<Node> site,
                    Ptr<Node> anchor)
{
    Cell& cell = m_cells[index];
    NrParameters parameters{};
    parameters.resourceBlocks = settings.Integer("nr.resource_block_num");
    parameters.subcarrierSpacingKhz = settings.Number("nr.subcarrier_spacing_khz");
    parameters.carrierHz =
        settings.Number("nr.carrier_frequency_ghz") * 1e9 + index * CARRIER_SPACING_HZ;
    parameters.txPowerDbm = settings.Number("nr.tx_power_dbm");
    parameters.fadingSigmaDb = settings.Number("nr.fading_sigma_db");
    parameters.fadingCoherenceMs = settings.Number("nr.fading_coherence_ms");
    parameters.targetBler = settings.Number("nr.target_bler");
    parameters.queueBytes = settings.Integer("nr.queue_bytes");
    cell.radio = std::make_unique<NrCell>(parameters, site->GetObject<MobilityModel>());

    cell.device = AddVirtualDevice(site, RADIO_MTU, [this, index](Ptr<Packet> packet) {
        return SendDown(index, packet);
    });
    NetDeviceContainer devices(cell.device);
    std::vector<int> members;
    for (std::uint32_t user = 0; user < users.GetN(); ++user)
    {
        if (m_users[user].cell == index)
        {
            const int who = static_cast<int>(user);
            auto device =
                AddVirtualDevice(users.Get(user), RADIO_MTU, [this, who](Ptr<Packet> packet) {
                    return SendUp(who, packet);
                });
            m_users[user].index =
                cell.radio->AddUser(users.Get(user)->GetObject<MobilityModel>(),
                                    users.Get(user)->GetId(),
                                    [device](Ptr<Packet> packet) { ReceiveIpv4(device, packet); });
            devices.Add(device);
            members.push_back(who);
        }
    }
    const Backhaul backhaul =
        ConnectBackhaul(anchor, site, settings.Number("nr.backhaul_delay_ms"));
    cell.anchorAddress = backhaul.anchorAddress;
    const std::string net =
        "10." + std::to_string(50 + index / 256) + "." + std::to_string(index % 256) + ".0";
    Ipv4AddressHelper addresses(net.c_str(), "255.255.255.0");
    const auto assigned = addresses.Assign(devices);
    AddNetworkRoute(anchor, net, "255.255.255.0", backhaul.farAddress, backhaul.anchorDevice);
    for (std::size_t i = 0; i < members.size(); ++i)
    {
        m_users[members[i]].address = assigned.GetAddress(i + 1);
        cell.members[assigned.GetAddress(i + 1)] = m_users[members[i]].index;
        AddHostRoute(users.Get(members[i]),
                     cell.anchorAddress,
                     assigned.GetAddress(0),
                     devices.Get(i + 1));
    }
    cell.radio->Start();
}

bool
NrAccess::SendDown(int cell, Ptr<Packet> packet)
{
    Ipv4Header header;
    packet->PeekHeader(header);
    const auto member = m_cells[cell].members.find(header.GetDestination());
    return member != m_cells[cell].members.end() &&
           m_cells[cell].radio->Enqueue(member->second, packet);
}

bool
NrAccess::SendUp(int user, Ptr<Packet> packet)
{
    Time& free = m_users[user].uplinkFree;
    free = std::max(Simulator::Now(), free) + Seconds(packet->GetSize() * 8e-6 / UPLINK_MBPS);
    auto device = m_cells[m_users[user].cell].device;
    Simulator::ScheduleWithContext(device->GetNode()->GetId(),
                                   free + UPLINK_DELAY - Simulator::Now(),
                                   &ReceiveIpv4,
                                   device,
                                   packet);
    return true;
}

double
NrAccess::MaxRateMbps(int user) const
{
    return m_cells[m_users[user].cell].radio->MaxRateMbps(m_users[user].index);
}

} // namespace netgym
