// SPDX-License-Identifier: Apache-2.0
// Real-time media congestion control: a control vector is a sending rate per media flow, kbit/s.
#include "bridge/scenario.h"
#include "media/media_flow.h"
#include "media/tcp_flow.h"
#include "media/udp_flow.h"

#include <memory>
#include <string_view>
#include <vector>

namespace fluid
{

namespace
{

class Rmcat : public ScenarioOf<Rmcat>
{
  public:
    explicit Rmcat(const Settings& settings)
        : m_nada(std::make_shared<Nada>(settings)),
          m_startMs(settings.Number("measurement_start_time_ms")),
          m_intervalMs(settings.Number("measurement_interval_ms")),
          m_mediaGapMs(settings.Number("nada_flow_start_time_diff_ms")),
          m_tcpGapMs(settings.Number("tcp_flow_start_time_diff_ms")),
          m_udpGapMs(settings.Number("udp_flow_start_time_diff_ms")),
          m_network(settings)
    {
        const auto bytes = static_cast<std::uint32_t>(settings.Integer("packet_size_bytes"));
        const MediaShape shape{bytes, settings.Number("pacing_jitter")};
        for (int flow = 0; flow < settings.Integer("nada_flows"); ++flow)
        {
            m_media.emplace_back(flow, *m_nada, shape);
        }
        for (int flow = 0; flow < settings.Integer("tcp_flows"); ++flow)
        {
            m_tcp.emplace_back(flow, TcpSettings(settings));
        }
        for (int flow = 0; flow < settings.Integer("udp_flows"); ++flow)
        {
            m_udp.emplace_back(flow, bytes, settings.Number("udp_flow_bw_kbps"));
        }
    }

    std::size_t ControlSize() const override
    {
        return m_media.size();
    }

    void Start(std::uint64_t seed) override
    {
        m_network.Start(seed);
        for (std::size_t k = 0; k < m_media.size(); ++k)
        {
            m_media[k].Start(*m_nada, seed, BeginsNs(k, m_mediaGapMs), m_network);
        }
        for (std::size_t k = 0; k < m_tcp.size(); ++k)
        {
            m_tcp[k].Start(BeginsNs(k, m_tcpGapMs), m_network);
        }
        for (std::size_t k = 0; k < m_udp.size(); ++k)
        {
            m_udp[k].Start(BeginsNs(k, m_udpGapMs), m_network);
        }
        RunFor(m_startMs);
        Advance();
    }

    void Act(const double* control) override
    {
        for (std::size_t k = 0; k < m_media.size(); ++k)
        {
            if (control)
            {
                m_media[k].SetRate(control[k], m_network);
            }
            else
            {
                m_media[k].FollowNada(m_network);
            }
        }
    }

    void Advance() override
    {
        m_network.BeginInterval();
        for (auto& flow : m_media)
        {
            flow.BeginInterval();
        }
        RunFor(m_intervalMs);
        m_network.EndInterval();
        for (auto& flow : m_media)
        {
            flow.EndInterval(m_network.NowNs());
        }
    }

    void Measure(Report& report) const override
    {
        MeasureFlows(report);
        report.Value("bottleneck", {"bw"}, "kbit/s", m_network.Link().Now().rateKbps);
        report.Value("bottleneck", {"delay"}, "ms", m_network.Link().Now().delayMs);
        report.Value("bottleneck", {"loss"}, "%", 100 * m_network.Link().Now().loss);
        report.Value("bottleneck", {"queue"}, "bytes", m_network.Link().QueueBytes());
        report.Value("bottleneck", {"tx_rate"}, "kbit/s", m_network.DeliveredKbps(m_intervalMs));
        report.Value("bottleneck",
                     {"utilization"},
                     "%",
                     m_network.UtilizationPercent(m_intervalMs));
    }

    double NowMs() const override
    {
        return static_cast<double>(m_network.NowNs()) * 1e-6;
    }

    std::uint64_t Ticks() const override
    {
        return m_network.Events();
    }

  private:
    /// The k-th flow of a kind, from 0, begins k + 1 gaps after measurement does.
    std::int64_t BeginsNs(std::size_t k, double gapMs) const
    {
        return ToNs(m_startMs + static_cast<double>(k + 1) * gapMs);
    }

    void RunFor(double ms)
    {
        m_network.RunUntil(m_network.NowNs() + ToNs(ms),
                           [this](const Event& event) { Happened(event); });
    }

    void Happened(const Event& event)
    {
        const bool arrival = event.what == Happening::ARRIVAL;
        if (event.what >= Happening::TCP_START || (arrival && event.packet.kind == TcpFlow::KIND))
        {
            m_tcp[event.flow].Happened(event, m_network);
        }
        else if (event.what == Happening::UDP_SEND)
        {
            m_udp[event.flow].SendNext(m_network);
        }
        else if (!arrival || event.packet.kind == MediaFlow::KIND)
        {
            m_media[event.flow].Happened(*m_nada, event, m_network);
        }
    }

    void MeasureFlows(Report& report) const
    {
        const auto row = [&](std::string_view name, std::string_view unit, auto value) {
            report.Row("rmcat", {name}, unit, static_cast<int>(m_media.size()), [&](int flow) {
                return static_cast<double>(value(m_media[flow]));
            });
        };
        row("loglen", "packets", [](const MediaFlow& flow) {
            return flow.Log().Received() + flow.Log().Lost();
        });
        row("qdel", "ms", [](const MediaFlow& flow) { return flow.QueuingDelayMs(); });
        row("rtt", "ms", [](const MediaFlow& flow) { return flow.RttMs(); });
        row("owd", "ms", [](const MediaFlow& flow) { return flow.Meter().OwdMs(); });
        row("max_owd", "ms", [](const MediaFlow& flow) { return flow.Meter().MaxOwdMs(); });
        row("ploss", "packets", [](const MediaFlow& flow) { return flow.Log().Lost(); });
        row("plr", "", [&](const MediaFlow& flow) { return flow.LossFraction(*m_nada); });
        row("xcurr", "ms", [](const MediaFlow& flow) { return flow.SignalMs(); });
        row("rrate", "kbit/s", [&](const MediaFlow& flow) {
            return 1e3 * flow.Meter().ReceivedMbps(m_intervalMs);
        });
        row("srate", "kbit/s", [](const MediaFlow& flow) { return flow.RateKbps(); });
        row("nada_srate", "kbit/s", [](const MediaFlow& flow) { return flow.NadaRateKbps(); });
        row("avgint", "packets", [](const MediaFlow& flow) {
            return flow.Log().AverageInterval();
        });
        row("curint", "packets", [](const MediaFlow& flow) {
            return flow.Log().CurrentInterval();
        });
    }

    std::shared_ptr<const Nada> m_nada;
    double m_startMs;
    double m_intervalMs;
    double m_mediaGapMs;
    double m_tcpGapMs;
    double m_udpGapMs;
    MediaNetwork m_network;
    std::vector<MediaFlow> m_media;
    std::vector<TcpFlow> m_tcp;
    std::vector<UdpFlow> m_udp;
};

const Registration RMCAT("rmcat", [](const Settings& settings, const Settings&) {
    return std::make_unique<Rmcat>(settings);
});

} // namespace

} // namespace fluid
