// SPDX-License-Identifier: Apache-2.0
// Users whose UDP flows share one bottleneck: a control vector is a sending rate per user, Mbit/s.
//
// Packet by packet: Poisson arrivals at a first-in first-out queue with a limit, served at a
// constant rate (the recursion of D. V. Lindley, Proc. Cambridge Phil. Soc. 48, 1952).
#include "bridge/purposes.h"
#include "bridge/random.h"
#include "bridge/scenario.h"
#include "packets/event_queue.h"
#include "packets/packet_meter.h"

#include <algorithm>

namespace fluid
{

namespace
{

constexpr int HEADER_BYTES = 30; // UDP (RFC 768) 8, IPv4 (RFC 791) 20, PPP (RFC 1661) 2

class Custom : public ScenarioOf<Custom>
{
  public:
    explicit Custom(const Settings& settings)
        : m_startNs(ToNs(settings.Number("measurement_start_time_ms"))),
          m_guardNs(ToNs(settings.Number("measurement_guard_interval_ms"))),
          m_intervalMs(settings.Number("measurement_interval_ms")),
          m_packetBytes(settings.Number("packet_size_bytes")),
          m_queuePackets(static_cast<std::size_t>(settings.Integer("queue_packets"))),
          m_delayNs(ToNs(settings.Number("bottleneck_delay_ms"))),
          m_serviceNs(
              ToNs((m_packetBytes + HEADER_BYTES) * 8e-3 / settings.Number("bottleneck_mbps"))),
          m_flows(settings.Integer("num_users")),
          m_nextNs(m_flows.size())
    {
        const double shared = settings.Number("default_load") * settings.Number("bottleneck_mbps");
        m_defaultMbps = std::min(shared / static_cast<double>(m_flows.size()),
                                 settings.Number("max_rate_mbps"));
    }

    std::size_t ControlSize() const override
    {
        return m_flows.size();
    }

    void Start(std::uint64_t seed) override
    {
        m_sent = 0;
        m_underWay.Clear();
        m_startsNs.Clear();
        m_freeNs = m_endNs = 0;
        for (std::size_t user = 0; user < m_flows.size(); ++user)
        {
            Flow& flow = m_flows[user];
            flow = Flow();
            flow.gaps = Stream(seed, Purpose::TRAFFIC, user);
            flow.rateMbps = m_defaultMbps;
            m_nextNs[user] = GapNs(flow);
        }
        RunFor(m_startNs);
        Advance();
    }

    void Act(const double* control) override
    {
        for (std::size_t user = 0; user < m_flows.size(); ++user)
        {
            m_flows[user].rateMbps = control ? control[user] : m_defaultMbps;
        }
    }

    void Advance() override
    {
        RunFor(m_guardNs);
        for (Flow& flow : m_flows)
        {
            flow.meter.Begin();
            flow.lost = 0;
        }
        RunFor(ToNs(m_intervalMs));
        for (Flow& flow : m_flows)
        {
            flow.meter.End(m_endNs);
        }
    }

    void Measure(Report& report) const override
    {
        const int users = static_cast<int>(m_flows.size());
        report.Row("custom", {"rate"}, "Mbit/s", users, [&](int user) {
            return m_flows[user].meter.ReceivedMbps(m_intervalMs);
        });
        report.Row("custom", {"tx_rate"}, "Mbit/s", users, [&](int user) {
            return m_flows[user].meter.SentMbps(m_intervalMs);
        });
        report.Row("custom", {"owd"}, "ms", users, [&](int user) {
            return m_flows[user].meter.OwdMs();
        });
        report.Row("custom", {"loss"}, "%", users, [&](int user) {
            const Flow& flow = m_flows[user];
            const double due = static_cast<double>(flow.lost + flow.meter.Packets());
            return due > 0 ? 100 * static_cast<double>(flow.lost) / due : 0;
        });
    }

    double NowMs() const override
    {
        return static_cast<double>(m_endNs) * 1e-6;
    }

    std::uint64_t Ticks() const override
    {
        return m_sent;
    }

  private:
    struct Flow
    {
        Stream gaps;
        double rateMbps{0};
        std::uint32_t next{0};     ///< number of the next packet to send
        std::uint32_t expected{0}; ///< and of the next one to arrive
        std::uint64_t lost{0};
        PacketMeter meter;
    };

    struct Packet
    {
        std::size_t user;
        std::uint32_t number;
        std::int64_t sentNs;
        std::int64_t arrivesNs;
    };

    std::int64_t GapNs(Flow& flow) const
    {
        return ToNs(flow.gaps.Exponential(m_packetBytes * 8e-3 / flow.rateMbps));
    }

    void RunFor(std::int64_t durationNs)
    {
        m_endNs += durationNs;
        // A search is faster than a heap for up to 50 users.
        auto next = std::min_element(m_nextNs.begin(), m_nextNs.end());
        for (; *next < m_endNs; next = std::min_element(m_nextNs.begin(), m_nextNs.end()))
        {
            Send(static_cast<std::size_t>(next - m_nextNs.begin()), *next);
        }
        while (!m_underWay.Empty() && m_underWay.Front().arrivesNs <= m_endNs)
        {
            Receive(m_underWay.Pop());
        }
    }

    void Send(std::size_t user, std::int64_t nowNs)
    {
        m_sent++;
        Flow& flow = m_flows[user];
        const std::uint32_t number = flow.next++;
        flow.meter.Sent(number, m_packetBytes, nowNs);
        while (!m_startsNs.Empty() && m_startsNs.Front() <= nowNs)
        {
            m_startsNs.Pop();
        }
        if (m_startsNs.Size() < m_queuePackets)
        {
            const std::int64_t startNs = std::max(nowNs, m_freeNs);
            m_freeNs = startNs + m_serviceNs;
            if (startNs > nowNs)
            {
                m_startsNs.Push(startNs);
            }
            m_underWay.Push({user, number, nowNs, m_freeNs + m_delayNs});
        }
        m_nextNs[user] = nowNs + GapNs(flow);
    }

    void Receive(const Packet& packet)
    {
        Flow& flow = m_flows[packet.user];
        flow.lost += packet.number - flow.expected;
        flow.expected = packet.number + 1;
        flow.meter.Received(packet.number,
                            m_packetBytes,
                            static_cast<double>(packet.arrivesNs - packet.sentNs) * 1e-6);
    }

    std::int64_t m_startNs;
    std::int64_t m_guardNs;
    double m_intervalMs;
    double m_packetBytes;
    std::size_t m_queuePackets;
    std::int64_t m_delayNs;
    std::int64_t m_serviceNs; ///< time on the link of one packet
    double m_defaultMbps{0};
    std::vector<Flow> m_flows;
    std::vector<std::int64_t> m_nextNs; ///< when users send their next packets
    std::uint64_t m_sent{0};
    Fifo<std::int64_t> m_startsNs; ///< when those that wait get onto the link
    Fifo<Packet> m_underWay;       ///< accepted and not yet there
    std::int64_t m_freeNs{0};      ///< when the link is free again
    std::int64_t m_endNs{0};
};

const Registration CUSTOM("custom", [](const Settings& settings, const Settings&) {
    return std::make_unique<Custom>(settings);
});

} // namespace

} // namespace fluid
