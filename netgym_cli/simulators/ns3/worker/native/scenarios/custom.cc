// SPDX-License-Identifier: GPL-2.0-only
// Users whose UDP flows share one bottleneck link: a control vector is a sending rate per user,
// Mbit/s.
#include "bridge/duration.h"
#include "bridge/interval_scenario.h"
#include "bridge/settings.h"
#include "measure/meter.h"
#include "radio/topology.h"

#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/random-variable-stream.h>
#include <ns3/seq-ts-header.h>
#include <ns3/string.h>
#include <ns3/udp-socket-factory.h>
#include <ns3/uinteger.h>

namespace netgym
{

namespace
{

class Custom : public IntervalScenario
{
  public:
    explicit Custom(const Settings& settings)
        : IntervalScenario(settings.Number("measurement_start_time_ms"),
                           settings.Number("measurement_guard_interval_ms"),
                           settings.Number("measurement_interval_ms")),
          m_packetBytes(settings.Integer("packet_size_bytes")),
          m_flows(settings.Integer("num_users"))
    {
        // 1. The network: a server and a receiver, with the bottleneck between them.
        const ns3::NodeContainer nodes(2);
        InstallInternet(nodes);
        ns3::PointToPointHelper link;
        link.DisableFlowControl(); // otherwise ns-3 adds a queue of its own
        link.SetDeviceAttribute("DataRate",
                                ns3::StringValue(settings.Text("bottleneck_mbps") + "Mb/s"));
        link.SetChannelAttribute(
            "Delay",
            ns3::TimeValue(DurationOfMs(settings.Number("bottleneck_delay_ms"))));
        link.SetQueue("ns3::DropTailQueue<Packet>",
                      "MaxSize",
                      ns3::StringValue(settings.Text("queue_packets") + "p"));
        const auto addresses =
            ns3::Ipv4AddressHelper("10.0.0.0", "255.255.255.0").Assign(link.Install(nodes));

        // 2. The traffic: a flow per user, each to a port of its own.
        m_defaultMbps = std::min(settings.Number("default_load") *
                                     settings.Number("bottleneck_mbps") / m_flows.size(),
                                 settings.Number("max_rate_mbps"));
        for (std::size_t user = 0; user < m_flows.size(); ++user)
        {
            auto& flow = m_flows[user];
            const ns3::InetSocketAddress destination(addresses.GetAddress(1), FIRST_PORT + user);
            flow.sink = ns3::Socket::CreateSocket(nodes.Get(1), ns3::UdpSocketFactory::GetTypeId());
            flow.sink->Bind(destination);
            flow.sink->SetRecvCallback(
                [this, user](ns3::Ptr<ns3::Socket> socket) { Receive(user, socket); });
            flow.source =
                ns3::Socket::CreateSocket(nodes.Get(0), ns3::UdpSocketFactory::GetTypeId());
            flow.source->Connect(destination);
            flow.rateMbps = m_defaultMbps;
            ns3::Simulator::Schedule(Gap(user), [this, user] { Send(user); });
        }
    }

    // 3. The agent's action, in force from the next packet on.
    void Act(const double* control, std::size_t size) override
    {
        for (std::size_t user = 0; user < m_flows.size(); ++user)
        {
            m_flows[user].rateMbps = size ? control[user] : m_defaultMbps;
        }
    }

  protected:
    // 4. What is measured in each interval.
    void BeginInterval() override
    {
        for (auto& flow : m_flows)
        {
            flow.meter.Clear();
            flow.lost = 0;
        }
    }

    void EndInterval() override
    {
        for (auto& flow : m_flows)
        {
            flow.meter.Close(ns3::Simulator::Now().GetNanoSeconds());
        }
    }

    void Measure(Report& report) override
    {
        const int users = static_cast<int>(m_flows.size());
        report.Row("custom", "rate", "Mbit/s", users, [&](int i) {
            return m_flows[i].meter.ReceivedMbps(IntervalMs());
        });
        report.Row("custom", "tx_rate", "Mbit/s", users, [&](int i) {
            return m_flows[i].meter.SentMbps(IntervalMs());
        });
        report.Row("custom", "owd", "ms", users, [&](int i) { return m_flows[i].meter.OwdMs(); });
        report.Row("custom", "loss", "%", users, [&](int i) { return m_flows[i].LossPercent(); });
    }

    void MeasureDelays(DelayReport& report) override
    {
        report.Row("custom", "owd", static_cast<int>(m_flows.size()), [&](int i) {
            return m_flows[i].meter.DelaysMs();
        });
    }

  private:
    struct Flow
    {
        ns3::Ptr<ns3::Socket> source;
        ns3::Ptr<ns3::Socket> sink;
        double rateMbps{0};
        std::uint32_t sent{0};     // sequence number of the next packet to send
        std::uint32_t expected{0}; // and of the next one to arrive: the link keeps the order
        std::uint64_t lost{0};
        Meter meter;

        double LossPercent() const
        {
            const auto due = lost + meter.Packets();
            return due ? 100.0 * lost / due : 0;
        }
    };

    void Send(std::size_t user)
    {
        auto& flow = m_flows[user];
        ns3::SeqTsHeader header; // carries the sequence number and the time of sending
        header.SetSeq(flow.sent);
        auto packet = ns3::Create<ns3::Packet>(m_packetBytes - header.GetSerializedSize());
        packet->AddHeader(header);
        flow.meter.Sent(flow.sent++, m_packetBytes, ns3::Simulator::Now().GetNanoSeconds());
        flow.source->Send(packet);
        ns3::Simulator::Schedule(Gap(user), [this, user] { Send(user); });
    }

    void Receive(std::size_t user, ns3::Ptr<ns3::Socket> socket)
    {
        auto& flow = m_flows[user];
        while (auto packet = socket->Recv())
        {
            ns3::SeqTsHeader header;
            packet->RemoveHeader(header);
            flow.lost += header.GetSeq() - flow.expected;
            flow.expected = header.GetSeq() + 1;
            flow.meter.Received(m_packetBytes,
                                (ns3::Simulator::Now() - header.GetTs()).GetNanoSeconds() * 1e-6);
            flow.meter.underWay.SettledUpTo(header.GetSeq());
        }
    }

    /// Time to the next packet: exponential, so that packets are a Poisson process given by the
    /// seed.
    ns3::Time Gap(std::size_t user)
    {
        return DurationOfMs(m_gap->GetValue(m_packetBytes * 8e-3 / m_flows[user].rateMbps, 0));
    }

    static constexpr std::uint16_t FIRST_PORT = 5000;

    std::uint32_t m_packetBytes;
    double m_defaultMbps{0};
    std::vector<Flow> m_flows;
    ns3::Ptr<ns3::ExponentialRandomVariable> m_gap{
        ns3::CreateObject<ns3::ExponentialRandomVariable>()};
};

const Registration CUSTOM("custom", [](const Settings& settings) { return new Custom(settings); });

} // namespace

} // namespace netgym
