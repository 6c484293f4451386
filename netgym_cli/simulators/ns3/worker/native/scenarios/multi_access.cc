// SPDX-License-Identifier: GPL-2.0-only
#include "scenarios/multi_access.h"

#include "radio/nr_access.h"
#include "radio/topology.h"
#include "radio/user_slices.h"
#include "radio/walking_users.h"
#include "radio/wifi_access.h"

#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/ipv4-header.h>
#include <ns3/mobility-model.h>

#include <algorithm>

namespace netgym
{

using namespace ns3;

namespace
{

constexpr std::uint16_t ANCHOR_PORT = 20000; // plus the user's index
constexpr std::uint16_t USER_PORT = 1000;
constexpr std::uint16_t TUNNEL_MTU = 1452; // 1400 bytes of payload under TCP with timestamps

TunnelEnd::Deliver
IntoNode(Ptr<VirtualNetDevice> device)
{
    return [device](Ptr<Packet> packet) { ReceiveIpv4(device, packet); };
}

} // namespace

MultiAccess::MultiAccess(const Settings& settings)
    : m_server(CreateObject<Node>()),
      m_anchor(CreateObject<Node>())
{
    PlaceUsers(settings);
    InstallInternet(NodeContainer(NodeContainer(m_server, m_anchor), m_nodes));
    BuildAccess(settings);
    BuildTunnels(settings);
    BuildTraffic(settings);
}

void
MultiAccess::PlaceUsers(const Settings& settings)
{
    const auto modes = settings.Texts("per_slice_config.downlink_mode");
    m_sliceCount = static_cast<int>(modes.size());
    for (const int slice : SlicesOfUsers(settings))
    {
        User user{};
        user.slice = slice;
        user.steer = modes[slice] == "steer";
        m_users.push_back(std::move(user));
    }
    m_nodes = WalkingUsers(settings, UserCount());
}

void
MultiAccess::BuildAccess(const Settings& settings)
{
    m_lte = std::make_unique<LteAccess>(settings, m_nodes, m_anchor);
    m_access[LTE] = m_lte.get();
    if (!settings.Places("wifi_ap_locations").empty())
    {
        m_optional.push_back(
            std::make_unique<WifiAccess>(settings,
                                         m_nodes,
                                         m_anchor,
                                         settings.Flag("gma.enable_dynamic_flow_prioritization")));
        m_access[WIFI] = m_optional.back().get();
    }
    if (!settings.Places("nr_gnb_locations").empty())
    {
        m_optional.push_back(std::make_unique<NrAccess>(settings, m_nodes, m_anchor));
        m_access[NR] = m_optional.back().get();
    }
}

void
MultiAccess::EndInterval()
{
    for (auto* access : m_access)
    {
        if (access)
        {
            access->EndInterval();
        }
    }
}

void
MultiAccess::BuildTunnels(const Settings& settings)
{
    const Backhaul internet =
        ConnectBackhaul(m_anchor, m_server, settings.Number("gma.server_delay_ms"));
    m_anchorDevice = AddVirtualDevice(m_anchor, TUNNEL_MTU, [this](Ptr<Packet> packet) {
        return IntoTunnel(packet);
    });
    Ipv4AddressHelper addresses("10.10.0.0", "255.255.0.0");
    addresses.Assign(NetDeviceContainer(m_anchorDevice));
    AddNetworkRoute(m_server,
                    "10.10.0.0",
                    "255.255.0.0",
                    internet.anchorAddress,
                    internet.farDevice);
    for (int user = 0; user < UserCount(); ++user)
    {
        User& u = m_users[user];
        u.device =
            AddVirtualDevice(m_nodes.Get(user), TUNNEL_MTU, [this, user](Ptr<Packet> packet) {
                m_users[user].atUser->Send(packet);
                return true;
            });
        u.address = addresses.Assign(NetDeviceContainer(u.device)).GetAddress(0);
        m_userOf[u.address] = user;
        AddHostRoute(m_nodes.Get(user), internet.farAddress, Ipv4Address::GetZero(), u.device);
        BuildTunnel(user, settings);
    }
}

void
MultiAccess::BuildTunnel(int user, const Settings& settings)
{
    User& u = m_users[user];
    const ReorderTimeout timeout{settings.Number("gma.min_reorder_timeout_ms"),
                                 settings.Number("gma.max_reorder_timeout_ms")};
    const auto toUser = [this, user](int link) -> Address {
        return InetSocketAddress(m_access[link]->UserAddress(user), USER_PORT);
    };
    const std::uint16_t anchorPort = ANCHOR_PORT + user;
    const auto toAnchor = [this, user, anchorPort](int link) -> Address {
        return InetSocketAddress(m_access[link]->AnchorAddress(user), anchorPort);
    };
    u.atAnchor = std::make_unique<TunnelEnd>(m_anchor,
                                             anchorPort,
                                             timeout,
                                             toUser,
                                             IntoNode(m_anchorDevice));
    u.atUser = std::make_unique<TunnelEnd>(m_nodes.Get(user),
                                           USER_PORT,
                                           timeout,
                                           toAnchor,
                                           IntoNode(u.device));

    const auto target = [&](const std::string& key) {
        return settings.Numbers("per_slice_config." + key)[u.slice];
    };
    u.downlink = std::make_unique<TunnelMeters>();
    u.downlink->flow.target = {target("qos_delay_requirement_ms"),
                               target("delay_test_1_thresh_ms"),
                               target("delay_test_2_thresh_ms"),
                               target("qos_delay_violation_target"),
                               target("qos_loss_target")};
    u.atAnchor->sent = u.atUser->received = u.downlink.get();

    BuildBalancer(user, settings);
    constexpr std::array<double, LINKS> ALL_WIFI{1, 0, 0};
    SetWeights(user, ALL_WIFI.data());
    SetUplink(user, settings.Texts("per_slice_config.uplink_mode")[u.slice]);
}

void
MultiAccess::BuildBalancer(int user, const Settings& settings)
{
    User& u = m_users[user];
    const std::string mode = settings.Texts("per_slice_config.downlink_mode")[u.slice];
    const bool udp = settings.Texts("per_slice_config.transport_protocol")[u.slice] == "udp";
    Balancer::Mode balancing;
    balancing.steer = mode == "steer" || (mode == "auto" && udp);
    for (int link = 0; link < LINKS; ++link)
    {
        balancing.up[link] = m_access[link] != nullptr;
    }
    TunnelEnd* up = u.atUser.get();
    TunnelEnd* down = u.atAnchor.get();
    u.balancer = std::make_unique<Balancer>(
        balancing,
        [up](const Units& units, int link) { up->RequestShares(units, link); },
        [down](int link) { down->Probe(link); });
    Balancer* balancer = u.balancer.get();
    u.atUser->onArrival = [balancer](int link, double owdMs, std::uint16_t sequence) {
        balancer->Arrived(link, owdMs, sequence);
    };
    u.atAnchor->onRequest = [down, balancer](const std::array<double, LINKS>& weights) {
        // A request sent before balancing stopped no longer counts.
        if (balancer->Running() && weights != down->Weights())
        {
            down->SetWeights(weights);
        }
    };
}

bool
MultiAccess::IntoTunnel(Ptr<Packet> packet)
{
    Ipv4Header header;
    packet->PeekHeader(header);
    const auto user = m_userOf.find(header.GetDestination());
    if (user == m_userOf.end())
    {
        return false;
    }
    m_users[user->second].atAnchor->Send(packet);
    return true;
}

void
MultiAccess::SetWeights(int user, const double* weights)
{
    std::array<double, LINKS> shares{};
    double sum = 0;
    for (int link = 0; link < LINKS; ++link)
    {
        shares[link] = m_access[link] ? weights[link] : 0;
        sum += shares[link];
    }
    if (sum <= 0)
    {
        const auto first =
            std::find_if(m_access.begin(), m_access.end(), [](auto* access) { return access; });
        shares[first - m_access.begin()] = 1;
    }
    m_users[user].balancer->Stop();
    if (m_users[user].steer)
    {
        const auto heaviest = std::max_element(shares.begin(), shares.end()) - shares.begin();
        shares.fill(0);
        shares[heaviest] = 1;
    }
    if (shares != m_users[user].atAnchor->Weights())
    {
        m_users[user].atAnchor->SetWeights(shares);
    }
}

void
MultiAccess::UseBalancer(int user)
{
    m_users[user].balancer->Start(m_users[user].atAnchor->Weights());
}

void
MultiAccess::SetPriority(int user, int link, bool prioritized)
{
    m_users[user].atAnchor->SetPriority(link, prioritized);
    if (link == LTE)
    {
        m_lte->SetPriority(user, prioritized);
    }
}

void
MultiAccess::SetUplink(int user, const std::string& mode)
{
    std::array<double, LINKS> shares{};
    bool anyLink = false;
    for (int link = 0; link < LINKS; ++link)
    {
        const bool used = m_access[link] && (mode == "split" || !anyLink);
        shares[link] = used ? 1 : 0;
        anyLink = anyLink || used;
    }
    m_users[user].atUser->SetWeights(shares);
}

Vector
MultiAccess::Position(int user) const
{
    return m_nodes.Get(user)->GetObject<MobilityModel>()->GetPosition();
}

} // namespace netgym
