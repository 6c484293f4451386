#include "multi_access.h"

#include "nr_access.h"
#include "topology.h"
#include "traffic.h"
#include "wifi_access.h"

#include <ns3/config.h>
#include <ns3/constant-position-mobility-model.h>
#include <ns3/double.h>
#include <ns3/enum.h>
#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/ipv4-header.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/mobility-helper.h>
#include <ns3/packet-sink-helper.h>
#include <ns3/random-walk-2d-mobility-model.h>
#include <ns3/rectangle.h>
#include <ns3/string.h>
#include <ns3/uinteger.h>

#include <algorithm>

namespace netgym
{

using namespace ns3;

namespace
{

constexpr std::uint16_t ANCHOR_PORT = 20000; // plus the user's index
constexpr std::uint16_t USER_PORT = 1000;
constexpr std::uint16_t SINK_PORT = 9;
constexpr std::uint16_t TUNNEL_MTU = 1452; // 1400 bytes of payload under TCP with timestamps

std::string
Uniform(double low, double high)
{
    return "ns3::UniformRandomVariable[Min=" + std::to_string(low) + "|Max=" + std::to_string(high) + "]";
}

TunnelEnd::Deliver
IntoNode(Ptr<VirtualNetDevice> device)
{
    return [device](Ptr<Packet> packet) {
        const auto own = device->GetAddress();
        device->Receive(packet, Ipv4L3Protocol::PROT_NUMBER, own, own, NetDevice::PACKET_HOST);
    };
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
    const auto perSlice = settings.Numbers("per_slice_config.num_users");
    const auto modes = settings.Texts("per_slice_config.downlink_mode");
    m_sliceCount = static_cast<int>(perSlice.size());
    for (int slice = 0; slice < m_sliceCount; ++slice)
    {
        for (int i = 0; i < perSlice[slice]; ++i)
        {
            User user{};
            user.slice = slice;
            user.steer = modes[slice] == "steer";
            m_users.push_back(std::move(user));
        }
    }
    m_nodes.Create(m_users.size());

    const auto range = [&](const std::string& key) { return settings.Number("user_location_range." + key); };
    auto place = CreateObject<UniformRandomVariable>();
    auto positions = CreateObject<ListPositionAllocator>();
    for (int user = 0; user < UserCount(); ++user)
    {
        const double x = place->GetInteger(range("min_x_m"), range("max_x_m"));
        const double y = place->GetInteger(range("min_y_m"), range("max_y_m"));
        positions->Add(Vector(x, y, range("z_m")));
    }
    const auto walk = [&](const std::string& key) { return settings.Number("user_random_walk." + key); };
    MobilityHelper mobility;
    mobility.SetPositionAllocator(positions);
    if (walk("max_speed_mps") > 0)
    {
        // A walk needs room in both directions, if only half a metre.
        const double x = range("max_x_m") > range("min_x_m") ? 0 : 0.5;
        const double y = range("max_y_m") > range("min_y_m") ? 0 : 0.5;
        mobility.SetMobilityModel("ns3::RandomWalk2dMobilityModel",
                                  "Mode", EnumValue(RandomWalk2dMobilityModel::MODE_DISTANCE),
                                  "Distance", DoubleValue(walk("distance_m")),
                                  "Speed", StringValue(Uniform(walk("min_speed_mps"), walk("max_speed_mps"))),
                                  "Direction", StringValue(Uniform(walk("min_direction_rad"), walk("max_direction_rad"))),
                                  "Bounds", RectangleValue(Rectangle(range("min_x_m") - x, range("max_x_m") + x,
                                                                     range("min_y_m") - y, range("max_y_m") + y)));
    }
    mobility.Install(m_nodes);
}

void
MultiAccess::BuildAccess(const Settings& settings)
{
    m_lte = std::make_unique<LteAccess>(settings, m_nodes, m_anchor);
    m_access[LTE] = m_lte.get();
    if (!settings.Places("wifi_ap_locations").empty())
    {
        m_optional.push_back(std::make_unique<WifiAccess>(settings, m_nodes, m_anchor));
        m_access[WIFI] = m_optional.back().get();
    }
    if (!settings.Places("nr_gnb_locations").empty())
    {
        m_optional.push_back(std::make_unique<NrAccess>(settings, m_nodes, m_anchor));
        m_access[NR] = m_optional.back().get();
    }
}

void
MultiAccess::BuildTunnels(const Settings& settings)
{
    const Backhaul internet = ConnectBackhaul(m_anchor, m_server, settings.Number("gma.server_delay_ms"));
    m_anchorDevice = AddVirtualDevice(m_anchor, TUNNEL_MTU);
    m_anchorDevice->SetSendCallback(MakeCallback(&MultiAccess::IntoTunnel, this));
    Ipv4AddressHelper addresses("10.10.0.0", "255.255.0.0");
    addresses.Assign(NetDeviceContainer(m_anchorDevice));
    AddNetworkRoute(m_server, "10.10.0.0", "255.255.0.0", internet.anchorAddress, internet.farDevice);
    for (int user = 0; user < UserCount(); ++user)
    {
        User& u = m_users[user];
        u.device = AddVirtualDevice(m_nodes.Get(user), TUNNEL_MTU);
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
    u.atAnchor = std::make_unique<TunnelEnd>(m_anchor, anchorPort, timeout, toUser, IntoNode(m_anchorDevice));
    u.atUser = std::make_unique<TunnelEnd>(m_nodes.Get(user), USER_PORT, timeout, toAnchor, IntoNode(u.device));

    const auto target = [&](const std::string& key) {
        return settings.Numbers("per_slice_config." + key)[u.slice];
    };
    u.downlink = std::make_unique<TunnelMeters>();
    u.downlink->flow.target = {target("qos_delay_requirement_ms"), target("delay_test_1_thresh_ms"),
                               target("delay_test_2_thresh_ms"), target("qos_delay_violation_target"),
                               target("qos_loss_target")};
    u.atAnchor->sent = u.atUser->received = u.downlink.get();

    TunnelEnd* up = u.atUser.get();
    u.device->SetSendCallback(Callback<bool, Ptr<Packet>, const Address&, const Address&, std::uint16_t>(
        [up](Ptr<Packet> packet, const Address&, const Address&, std::uint16_t) {
            up->Send(packet);
            return true;
        }));
    SetDefaultWeights(user);
    SetUplink(user, settings.Texts("per_slice_config.uplink_mode")[u.slice]);
}

bool
MultiAccess::IntoTunnel(Ptr<Packet> packet, const Address&, const Address&, std::uint16_t)
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
MultiAccess::BuildTraffic(const Settings& settings)
{
    const UintegerValue tcpBuffer(settings.Integer("gma.tcp_buffer_bytes"));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", tcpBuffer);
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", tcpBuffer);
    const auto perSlice = [&](const std::string& key, int user) {
        return settings.Texts("per_slice_config." + key)[SliceOf(user)];
    };
    auto draw = CreateObject<UniformRandomVariable>();
    for (int user = 0; user < UserCount(); ++user)
    {
        const std::string protocol = perSlice("transport_protocol", user);
        const InetSocketAddress destination(m_users[user].address, SINK_PORT);
        const std::uint32_t packetBytes = std::stoi(perSlice("packet_size_bytes", user));
        const bool udp = protocol == "udp";
        Ptr<Application> source;
        if (udp)
        {
            auto application = CreateObject<UdpSource>();
            application->destination = destination;
            application->packetBytes = packetBytes;
            application->poisson = perSlice("udp_poisson_arrival", user) == "1";
            application->rateMbps = draw->GetValue(std::stod(perSlice("min_udp_rate_per_user_mbps", user)),
                                                   std::stod(perSlice("max_udp_rate_per_user_mbps", user)));
            source = application;
        }
        else
        {
            auto application = CreateObject<TcpSource>();
            application->destination = destination;
            application->segmentBytes = packetBytes;
            application->congestionControl = protocol == "tcp" ? "TcpBbr" : protocol;
            source = application;
        }
        m_server->AddApplication(source);
        // One millisecond apart, so that users' packets do not come in step.
        source->SetStartTime(Milliseconds(settings.Number("measurement_start_time_ms") + user));
        PacketSinkHelper sink(udp ? "ns3::UdpSocketFactory" : "ns3::TcpSocketFactory",
                              InetSocketAddress(Ipv4Address::GetAny(), SINK_PORT));
        sink.Install(m_nodes.Get(user)).Start(Seconds(0));
    }
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
        const auto first = std::find_if(m_access.begin(), m_access.end(), [](auto* access) { return access; });
        shares[first - m_access.begin()] = 1;
    }
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
MultiAccess::SetDefaultWeights(int user)
{
    constexpr std::array<double, LINKS> EQUAL{1, 1, 1};
    SetWeights(user, EQUAL.data());
}

void
MultiAccess::SetUplink(int user, const std::string& mode)
{
    std::array<double, LINKS> shares{};
    bool found = false;
    for (int link = 0; link < LINKS; ++link)
    {
        const bool used = m_access[link] && (mode == "split" || !found);
        shares[link] = used ? 1 : 0;
        found = found || used;
    }
    m_users[user].atUser->SetWeights(shares);
}

Vector
MultiAccess::Position(int user) const
{
    return m_nodes.Get(user)->GetObject<MobilityModel>()->GetPosition();
}

} // namespace netgym
