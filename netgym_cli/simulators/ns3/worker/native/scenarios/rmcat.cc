// SPDX-License-Identifier: GPL-2.0-only
// Real-time media congestion control: a control vector is a sending rate per media flow, kbit/s.
#include "bridge/duration.h"
#include "bridge/interval_scenario.h"
#include "traffic/bottleneck.h"
#include "traffic/media_flow.h"
#include "traffic/traffic.h"

#include <ns3/inet-socket-address.h>
#include <ns3/packet-sink-helper.h>

#include <memory>
#include <vector>

namespace netgym
{

namespace
{

constexpr std::uint16_t MEDIA_PORT = 5000;
constexpr std::uint16_t TCP_PORT = 6000;
constexpr std::uint16_t UDP_PORT = 7000;
constexpr int UDP_HEADER_BYTES = 28; // UDP and IP
constexpr int TCP_HEADER_BYTES = 52; // TCP with time stamps, and IP

class Rmcat : public IntervalScenario
{
  public:
    explicit Rmcat(const Settings& settings)
        : IntervalScenario(settings.Number("measurement_start_time_ms"),
                           0,
                           settings.Number("measurement_interval_ms")),
          m_nada(settings),
          m_bottleneck(settings)
    {
        AddMedia(settings);
        AddTcp(settings);
        AddUdp(settings);
    }

    void Act(const double* control, std::size_t size) override
    {
        for (std::size_t flow = 0; flow < m_media.size(); ++flow)
        {
            if (size == 0)
            {
                m_media[flow]->FollowNada();
            }
            else
            {
                m_media[flow]->SetRate(control[flow]);
            }
        }
    }

  protected:
    void BeginInterval() override
    {
        m_bottleneck.BeginInterval();
        for (auto& flow : m_media)
        {
            flow->BeginInterval();
        }
    }

    void EndInterval() override
    {
        m_bottleneck.EndInterval();
        for (auto& flow : m_media)
        {
            flow->EndInterval();
        }
    }

    void Measure(Report& report) override
    {
        const double ms = IntervalMs();
        const auto row = [&](const std::string& name, const std::string& unit, auto value) {
            report.Row("rmcat", name, unit, static_cast<int>(m_media.size()), [&](int flow) {
                return static_cast<double>(value(*m_media[flow]));
            });
        };
        row("loglen", "packets", [](const MediaFlow& flow) {
            return flow.Log().Received() + flow.Log().Lost();
        });
        row("qdel", "ms", [](const MediaFlow& flow) { return flow.QueuingDelayMs(); });
        row("rtt", "ms", [](const MediaFlow& flow) { return flow.RttMs(); });
        row("owd", "ms", [](const MediaFlow& flow) { return flow.Interval().OwdMs(); });
        row("max_owd", "ms", [](const MediaFlow& flow) { return flow.Interval().MaxOwdMs(); });
        row("ploss", "packets", [](const MediaFlow& flow) { return flow.Log().Lost(); });
        row("plr", "", [](const MediaFlow& flow) { return flow.LossFraction(); });
        row("xcurr", "ms", [](const MediaFlow& flow) { return flow.XCurrMs(); });
        row("rrate", "kbit/s", [ms](const MediaFlow& flow) {
            return 1e3 * flow.Interval().ReceivedMbps(ms);
        });
        row("srate", "kbit/s", [](const MediaFlow& flow) { return flow.RateKbps(); });
        row("nada_srate", "kbit/s", [](const MediaFlow& flow) { return flow.NadaRateKbps(); });
        row("avgint", "packets", [](const MediaFlow& flow) {
            return flow.Log().AverageInterval();
        });
        row("curint", "packets", [](const MediaFlow& flow) {
            return flow.Log().CurrentInterval();
        });
        report.Value("bottleneck", "bw", "kbit/s", m_bottleneck.RateKbps());
        report.Value("bottleneck", "delay", "ms", m_bottleneck.DelayMs());
        report.Value("bottleneck", "loss", "%", m_bottleneck.LossPercent());
        report.Value("bottleneck", "queue", "bytes", m_bottleneck.QueueBytes());
        report.Value("bottleneck", "tx_rate", "kbit/s", m_bottleneck.DeliveredKbps(ms));
        report.Value("bottleneck", "utilization", "%", m_bottleneck.UtilizationPercent(ms));
    }

    void MeasureDelays(DelayReport& report) override
    {
        report.Row("rmcat", "owd", static_cast<int>(m_media.size()), [&](int flow) {
            return m_media[flow]->Interval().DelaysMs();
        });
    }

  private:
    /// The k-th flow of a kind, from 0, begins k + 1 start time differences after measurement does.
    static double StartMs(const Settings& settings, const std::string& kind, int k)
    {
        return settings.Number("measurement_start_time_ms") +
               (k + 1) * settings.Number(kind + "_flow_start_time_diff_ms");
    }

    void AddMedia(const Settings& settings)
    {
        const MediaFlow::Shape shape{
            static_cast<std::uint32_t>(settings.Integer("packet_size_bytes")),
            settings.Number("pacing_jitter")};
        for (int k = 0; k < settings.Integer("nada_flows"); ++k)
        {
            m_media.push_back(std::make_unique<MediaFlow>(m_nada, shape));
            m_media.back()->Install(m_bottleneck.Near(),
                                    m_bottleneck.Far(),
                                    m_bottleneck.FarAddress(),
                                    MEDIA_PORT + k,
                                    StartMs(settings, "nada", k));
        }
    }

    void AddTcp(const Settings& settings)
    {
        SetTcpDefaults(settings, settings.Integer("tcp.buffer_bytes"));
        for (int k = 0; k < settings.Integer("tcp_flows"); ++k)
        {
            auto source = ns3::CreateObject<TcpSource>();
            source->congestionControl = settings.Text("tcp_congestion_control");
            source->segmentBytes = settings.Integer("packet_size_bytes") - TCP_HEADER_BYTES;
            source->destination = Sink("ns3::TcpSocketFactory", TCP_PORT + k);
            Begin(source, StartMs(settings, "tcp", k));
        }
    }

    void AddUdp(const Settings& settings)
    {
        const int bytes = settings.Integer("packet_size_bytes");
        for (int k = 0; k < settings.Integer("udp_flows"); ++k)
        {
            auto source = ns3::CreateObject<UdpSource>();
            source->packetBytes = bytes - UDP_HEADER_BYTES;
            source->rateMbps =
                1e-3 * settings.Number("udp_flow_bw_kbps") * source->packetBytes / bytes;
            source->destination = Sink("ns3::UdpSocketFactory", UDP_PORT + k);
            Begin(source, StartMs(settings, "udp", k));
        }
    }

    ns3::Address Sink(const std::string& socket, int port)
    {
        ns3::PacketSinkHelper sink(socket,
                                   ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), port));
        sink.Install(m_bottleneck.Far()).Start(ns3::Seconds(0));
        return ns3::InetSocketAddress(m_bottleneck.FarAddress(), port);
    }

    void Begin(ns3::Ptr<ns3::Application> source, double startMs)
    {
        m_bottleneck.Near()->AddApplication(source);
        source->SetStartTime(DurationOfMs(startMs));
    }

    NadaParameters m_nada;
    Bottleneck m_bottleneck;
    std::vector<std::unique_ptr<MediaFlow>> m_media;
};

const Registration RMCAT("rmcat", [](const Settings& settings) { return new Rmcat(settings); });

} // namespace

} // namespace netgym
