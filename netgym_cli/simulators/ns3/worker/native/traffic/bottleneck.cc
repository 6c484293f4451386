// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/bottleneck.h"

#include "bridge/duration.h"
#include "radio/topology.h"

#include <ns3/drop-tail-queue.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/mac48-address.h>
#include <ns3/net-device-container.h>
#include <ns3/simulator.h>

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
    m_channel = CreateObject<PointToPointChannel>();
    m_device = CreateObject<VaryingRateDevice>();
    auto far = CreateObject<PointToPointNetDevice>();
    far->SetDataRate(DataRate("1Gb/s"));
    NetDeviceContainer devices;
    for (const Ptr<PointToPointNetDevice>& device : {Ptr<PointToPointNetDevice>(m_device), far})
    {
        auto queue = CreateObject<DropTailQueue<Packet>>();
        queue->SetMaxSize(QueueSize(settings.Text("queue_bytes") + "B"));
        device->SetAddress(Mac48Address::Allocate());
        device->SetQueue(queue);
        m_nodes.Get(devices.GetN())->AddDevice(device);
        device->Attach(m_channel);
        devices.Add(device);
    }
    m_farAddress = Ipv4AddressHelper("10.0.0.0", "255.255.255.252").Assign(devices).GetAddress(1);
    m_errors = CreateObject<RateErrorModel>();
    m_errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
    far->SetReceiveErrorModel(m_errors);
    far->TraceConnectWithoutContext("MacRx", MakeCallback(&Bottleneck::Delivered, this));

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
    m_device->SetRate(DataRate(static_cast<std::uint64_t>(state.rateKbps * 1e3)));
    m_channel->SetAttribute("Delay", TimeValue(DurationOfMs(state.delayMs)));
    m_errors->SetRate(state.loss);
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
    m_sentFor = m_device->SendingTime();
}

void
Bottleneck::EndInterval()
{
    m_sentFor = m_device->SendingTime() - m_sentFor;
}

double
Bottleneck::QueueBytes() const
{
    return m_device->GetQueue()->GetNBytes();
}

} // namespace netgym
