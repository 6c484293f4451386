// SPDX-License-Identifier: GPL-2.0-only
#include "bridge/duration.h"
#include "scenarios/multi_access.h"
#include "traffic/traffic.h"

#include <ns3/inet-socket-address.h>
#include <ns3/packet-sink-helper.h>
#include <ns3/random-variable-stream.h>

#include <cmath>

namespace netgym
{

using namespace ns3;

namespace
{

constexpr std::uint16_t SINK_PORT = 9;

} // namespace

void
MultiAccess::BuildTraffic(const Settings& settings)
{
    SetTcpDefaults(settings, settings.Integer("gma.tcp_buffer_bytes"));
    const auto perSlice = [&](const std::string& key, int user) {
        return settings.Texts("per_slice_config." + key)[SliceOf(user)];
    };
    const double startMs = settings.Number("measurement_start_time_ms") -
                           std::stod(settings.Text("traffic_lead_ms", "0"));
    auto draw = CreateObject<UniformRandomVariable>();
    std::vector<double> phases; // of the varying load, the same for all users of a slice
    for (int slice = 0; slice < SliceCount(); ++slice)
    {
        const bool swings = settings.Numbers("per_slice_config.udp_rate_swing")[slice] > 0;
        phases.push_back(swings ? draw->GetValue(0, 2 * M_PI) : 0);
    }
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
            application->swing = {std::stod(perSlice("udp_rate_swing", user)),
                                  std::stod(perSlice("udp_rate_period_ms", user)),
                                  phases[SliceOf(user)]};
            application->rateMbps =
                draw->GetValue(std::stod(perSlice("min_udp_rate_per_user_mbps", user)),
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
        // One millisecond apart, so that users' packets do not arrive in lockstep.
        source->SetStartTime(DurationOfMs(startMs + user));
        PacketSinkHelper sink(udp ? "ns3::UdpSocketFactory" : "ns3::TcpSocketFactory",
                              InetSocketAddress(Ipv4Address::GetAny(), SINK_PORT));
        sink.Install(m_nodes.Get(user)).Start(Seconds(0));
    }
}

} // namespace netgym
