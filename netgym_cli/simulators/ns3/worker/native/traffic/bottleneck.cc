// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/bottleneck.h"

#include "bridge/duration.h"
#include "radio/topology.h"

#include <ns3/ipv4-address-helper.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/queue.h>
#include <ns3/simulator.h>
#include <ns3/string.h>

namespace netgym
{

using namespace ns3;

namespace
{

constexpr std::uint32_t PPP_HEADER_BYTES = 2;

} // namespace

Bottleneck::Bottleneck(const Settings& settings)
    : m_nodes(2)
{
    InstallInternet(m_nodes);
    PointToPointHelper link;
    link.DisableFlowControl(); // else ns-3 puts a queue disc above the queue
    link.SetDeviceAttribute("DataRate", StringValue("1Gb/s"));
    link.SetQueue("ns3::DropTailQueue<Packet>",
                  "MaxSize",
                  StringValue(settings.Text("queue_bytes") + "B"));
    const auto devices = link.Install(m_nodes);
    m_farAddress = Ipv4AddressHelper("10.0.0.0", "255.255.255.252").Assign(devices).GetAddress(1);
    m_device = DynamicCast<PointToPointNetDevice>(devices.Get(0));
    m_channel = DynamicCast<PointToPointChannel>(m_device->GetChannel());
    m_errors = CreateObject<RateErrorModel>();
    m_errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
    DynamicCast<PointToPointNetDevice>(devices.Get(1))->SetReceiveErrorModel(m_errors);
    m_device->TraceConnectWithoutContext("PhyTxBegin",
                                         MakeCallback(&Bottleneck::SendingBegins, this));
    m_device->TraceConnectWithoutContext("PhyTxEnd", MakeCallback(&Bottleneck::SendingEnds, this));
    devices.Get(1)->TraceConnectWithoutContext("MacRx", MakeCallback(&Bottleneck::Delivered, this));

    Apply({settings.Number("topo_default_bw_kbps"), settings.Number("topo_default_delay_ms"), 0});
    const double startMs = settings.Number("measurement_start_time_ms");
    const auto times = settings.Numbers("bw_trace.time_ms");
    const auto rates = settings.Numbers("bw_trace.bw_kbps");
    const auto delays = settings.Numbers("bw_trace.delay_ms");
    const auto losses = settings.Numbers("bw_trace.loss");
    for (std::size_t row = 0; row < times.size(); ++row)
    {
        Simulator::Schedule(DurationOfMs(startMs + times[row]),
                            &Bottleneck::Apply,
                            this,
                            State{rates.at(row), delays.at(row), losses.at(row)});
    }
}

void
Bottleneck::Apply(State state)
{
    m_now = state;
    m_device->SetDataRate(DataRate(static_cast<std::uint64_t>(state.rateKbps * 1e3)));
    m_channel->SetAttribute("Delay", TimeValue(DurationOfMs(state.delayMs)));
    m_errors->SetRate(state.loss);
}

void
Bottleneck::SendingBegins(Ptr<const Packet>)
{
    m_busySinceNs = Simulator::Now().GetNanoSeconds();
}

void
Bottleneck::SendingEnds(Ptr<const Packet>)
{
    m_busyNs += Simulator::Now().GetNanoSeconds() - m_busySinceNs;
    m_busySinceNs = -1;
}

void
Bottleneck::Delivered(Ptr<const Packet> packet)
{
    m_deliveredBytes += packet->GetSize() - PPP_HEADER_BYTES;
}

void
Bottleneck::BeginInterval()
{
    m_deliveredBytes = 0;
    m_busyNs = 0;
}

void
Bottleneck::EndInterval()
{
    if (m_busySinceNs >= 0)
    {
        const auto nowNs = Simulator::Now().GetNanoSeconds();
        m_busyNs += nowNs - m_busySinceNs;
        m_busySinceNs = nowNs;
    }
}

double
Bottleneck::QueueBytes() const
{
    return m_device->GetQueue()->GetNBytes();
}

} // namespace netgym
