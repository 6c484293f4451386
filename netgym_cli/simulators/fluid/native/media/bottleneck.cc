// SPDX-License-Identifier: Apache-2.0
#include "media/bottleneck.h"

#include "packets/event_queue.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

constexpr std::uint32_t PPP_BYTES = 2; // the protocol field of RFC 1661

std::int64_t
DurationNs(double bits, double bps)
{
    return std::llround(std::max(bits, 0.0) / bps * 1e9);
}

} // namespace

Bottleneck::Bottleneck(const Settings& settings)
    : m_before{0,
               settings.Number("topo_default_bw_kbps"),
               settings.Number("topo_default_delay_ms"),
               0},
      m_mostQueueBytes(settings.Number("queue_bytes"))
{
    const auto times = settings.Numbers("bw_trace.time_ms");
    const auto rates = settings.Numbers("bw_trace.bw_kbps");
    const auto delays = settings.Numbers("bw_trace.delay_ms");
    const auto losses = settings.Numbers("bw_trace.loss");
    for (std::size_t row = 0; row < times.size(); ++row)
    {
        m_trace.push_back({times[row], rates.at(row), delays.at(row), losses.at(row)});
    }
}

void
Bottleneck::Clear()
{
    m_queue.Clear();
    m_queueBytes = 0;
    m_sending = false;
    m_sinceNs = m_busyNs = 0;
    m_plans = 0;
    Become(m_before, 0);
}

void
Bottleneck::Become(const State& state, std::int64_t nowNs)
{
    m_busyNs = BusyNs(nowNs);
    if (m_sending)
    {
        m_bitsLeft -= static_cast<double>(nowNs - m_sinceNs) * 1e-9 * m_rateBps;
    }
    m_sinceNs = nowNs;
    m_now = state;
    m_rateBps = std::floor(state.rateKbps * 1e3);
    m_delayNs = ToNs(state.delayMs);
    if (m_sending && m_rateBps > 0)
    {
        m_endsNs = nowNs + DurationNs(m_bitsLeft, m_rateBps);
    }
    m_plans++;
}

void
Bottleneck::Enter(const Packet& packet, std::int64_t nowNs)
{
    if (!m_sending)
    {
        Begin(packet, nowNs);
    }
    else if (m_queueBytes + packet.bytes + PPP_BYTES <= m_mostQueueBytes)
    {
        m_queue.Push(packet);
        m_queueBytes += packet.bytes + PPP_BYTES;
    }
}

void
Bottleneck::Begin(const Packet& packet, std::int64_t nowNs)
{
    m_busyNs = BusyNs(nowNs);
    m_sending = true;
    m_packet = packet;
    m_bitsLeft = 8.0 * (packet.bytes + PPP_BYTES);
    m_sinceNs = nowNs;
    if (m_rateBps > 0)
    {
        m_endsNs = nowNs + DurationNs(m_bitsLeft, m_rateBps);
    }
    m_plans++;
}

Packet
Bottleneck::Leave(std::int64_t nowNs)
{
    m_busyNs = BusyNs(nowNs);
    m_sinceNs = nowNs;
    m_sending = false;
    m_plans++;
    const Packet sent = m_packet;
    if (!m_queue.Empty())
    {
        const Packet next = m_queue.Pop();
        m_queueBytes -= next.bytes + PPP_BYTES;
        Begin(next, nowNs);
    }
    return sent;
}

std::int64_t
Bottleneck::BusyNs(std::int64_t nowNs) const
{
    return m_busyNs + (m_sending && m_rateBps > 0 ? nowNs - m_sinceNs : 0);
}

} // namespace fluid
