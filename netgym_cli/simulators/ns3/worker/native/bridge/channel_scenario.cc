// SPDX-License-Identifier: GPL-2.0-only
#include "bridge/channel_scenario.h"

#include "bridge/channel_header.h"

#include <ns3/simulator.h>

#include <algorithm>

namespace netgym
{

using namespace ns3;

namespace
{

constexpr std::size_t NUMBERS_PER_PACKET = 3; // in a control vector

} // namespace

void
ChannelScenario::WarmUp()
{
    Connect();
    m_originNs = Simulator::Now().GetNanoSeconds();
}

void
ChannelScenario::Connect()
{
    Simulator::Stop(MilliSeconds(1));
    Simulator::Run();
}

void
ChannelScenario::Act(const double* control, std::size_t size)
{
    m_toNs = static_cast<std::int64_t>(control[0]);
    for (std::size_t i = 1; i + NUMBERS_PER_PACKET <= size; i += NUMBERS_PER_PACKET)
    {
        const auto port = static_cast<std::uint32_t>(control[i]);
        const auto bytes = static_cast<std::uint32_t>(control[i + 1]);
        const auto at = m_originNs + static_cast<std::int64_t>(control[i + 2]);
        Simulator::Schedule(NanoSeconds(at) - Simulator::Now(),
                            &ChannelScenario::Send,
                            this,
                            port,
                            bytes);
    }
}

void
ChannelScenario::Advance()
{
    Simulator::Stop(NanoSeconds(m_originNs + m_toNs) - Simulator::Now());
    Simulator::Run();
}

void
ChannelScenario::Read(double* values)
{
    std::copy(m_events.begin(), m_events.end(), values);
    m_events.clear();
}

void
ChannelScenario::Send(std::uint32_t port, std::uint32_t payloadBytes)
{
    ChannelHeader header;
    header.port = port;
    header.number = m_nextNumber[port]++;
    auto packet = ns3::Create<Packet>(payloadBytes);
    packet->AddHeader(header);
    Transmit(port, packet);
}

void
ChannelScenario::RecordFate(Ptr<const Packet> packet, Fate fate)
{
    ChannelHeader header;
    packet->PeekHeader(header);
    const auto now = static_cast<double>(Simulator::Now().GetNanoSeconds() - m_originNs);
    m_events.insert(m_events.end(),
                    {static_cast<double>(header.port),
                     static_cast<double>(header.number),
                     now,
                     static_cast<double>(fate)});
}

} // namespace netgym
