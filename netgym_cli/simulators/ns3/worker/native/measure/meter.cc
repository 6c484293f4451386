// SPDX-License-Identifier: GPL-2.0-only
#include "measure/meter.h"

#include <algorithm>

namespace netgym
{

void
UnderWay::Sent(std::uint32_t sequence, std::int64_t nowNs)
{
    m_packets.emplace_back(sequence, nowNs);
}

void
UnderWay::SettledUpTo(std::uint32_t sequence)
{
    while (!m_packets.empty() && static_cast<std::int32_t>(m_packets.front().first - sequence) <= 0)
    {
        m_packets.pop_front();
    }
}

double
UnderWay::OldestAgeMs(std::int64_t nowNs)
{
    if (m_packets.empty())
    {
        return 0;
    }
    const double ageMs = std::min((nowNs - m_packets.front().second) * 1e-6, LOST_AFTER_MS);
    while (!m_packets.empty() && (nowNs - m_packets.front().second) * 1e-6 >= LOST_AFTER_MS)
    {
        m_packets.pop_front();
    }
    return ageMs;
}

void
Meter::Sent(std::uint32_t sequence, std::uint32_t bytes, std::int64_t nowNs)
{
    m_sentBytes += bytes;
    underWay.Sent(sequence, nowNs);
}

void
Meter::Received(std::uint32_t bytes, double owdMs)
{
    m_receivedBytes += bytes;
    m_packets++;
    m_owdSumMs += owdMs;
    m_owdMaxMs = std::max(m_owdMaxMs, owdMs);
    m_delaysMs.push_back(owdMs);
}

void
Meter::Clear()
{
    m_sentBytes = m_receivedBytes = m_packets = 0;
    m_owdSumMs = m_owdMaxMs = m_waitingMs = 0;
    m_delaysMs.clear();
}

void
Meter::Close(std::int64_t nowNs)
{
    m_waitingMs = underWay.OldestAgeMs(nowNs);
}

double
Meter::SentMbps(double intervalMs) const
{
    return m_sentBytes * 8e-3 / intervalMs;
}

double
Meter::ReceivedMbps(double intervalMs) const
{
    return m_receivedBytes * 8e-3 / intervalMs;
}

double
Meter::OwdMs() const
{
    return m_packets ? m_owdSumMs / m_packets : m_waitingMs;
}

double
Meter::MaxOwdMs() const
{
    return m_packets ? m_owdMaxMs : m_waitingMs;
}

void
FlowMeter::Delivered(std::uint32_t bytes, double owdMs)
{
    Received(bytes, owdMs);
    m_late += owdMs > target.delayMs;
    m_late1 += owdMs > target.delayTest1Ms;
    m_late2 += owdMs > target.delayTest2Ms;
}

void
FlowMeter::Clear()
{
    Meter::Clear();
    m_late = m_late1 = m_late2 = m_lost = 0;
}

double
FlowMeter::Percent(std::uint64_t late, double thresholdMs) const
{
    if (Packets() == 0)
    {
        return OwdMs() > thresholdMs ? 100 : 0;
    }
    return 100.0 * late / Packets();
}

double
FlowMeter::LossFraction() const
{
    const double all = static_cast<double>(m_lost + Packets());
    return all > 0 ? m_lost / all : 0;
}

bool
FlowMeter::QosMet() const
{
    return LatePercent() <= 100 * target.lateFraction && LossFraction() <= target.lossFraction;
}

} // namespace netgym
