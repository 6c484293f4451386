// SPDX-License-Identifier: Apache-2.0
#include "media/arrival_log.h"

#include "packets/event_queue.h"

#include <algorithm>
#include <array>

namespace fluid
{

namespace
{

constexpr int NDUPACK = 3;                                               // RFC 5348, section 5.1
constexpr std::array<double, 8> WEIGHTS{1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2}; // section 5.4
constexpr std::size_t LOSSES_KEPT = 512;

template <typename Entry>
typename std::vector<Entry>::iterator
AtOrAfter(std::vector<Entry>& entries, std::uint32_t number)
{
    return std::lower_bound(entries.begin(),
                            entries.end(),
                            number,
                            [](const Entry& entry, auto value) { return entry.number < value; });
}

template <typename Entry>
void
Remove(std::vector<Entry>& entries, std::uint32_t number)
{
    const auto entry = AtOrAfter(entries, number);
    if (entry != entries.end() && entry->number == number)
    {
        entries.erase(entry);
    }
}

} // namespace

ArrivalLog::ArrivalLog(double windowMs, double baseWindowMs)
    : m_windowNs(ToNs(windowMs)),
      m_baseWindowNs(ToNs(baseWindowMs))
{
}

void
ArrivalLog::Clear()
{
    m_nowNs = 0;
    m_firstNs = -1;
    m_next = 0;
    m_forgotten = false;
    m_window.Clear();
    m_bases.Clear();
    m_missing.clear();
    m_lost.clear();
}

void
ArrivalLog::Arrived(std::uint32_t number, double bytes, std::int64_t sentNs, std::int64_t nowNs)
{
    const Arrival arrival{nowNs, bytes, static_cast<double>(nowNs - sentNs) * 1e-6};
    if (!Begun())
    {
        m_firstNs = nowNs;
        m_firstBytes = bytes;
    }
    m_window.Push(arrival);
    while (!m_bases.Empty() && m_bases.Back().delayMs >= arrival.delayMs)
    {
        m_bases.PopBack();
    }
    m_bases.Push(arrival);
    if (number < m_next)
    {
        Remove(m_missing, number);
        Remove(m_lost, number); // it was only late
    }
    for (; m_next < number; ++m_next)
    {
        m_missing.push_back({m_next, sentNs, 0});
    }
    m_next = std::max(m_next, number + 1);
    for (auto& missing : m_missing)
    {
        missing.overtakenBy += missing.number < number;
    }
    MoveTo(nowNs);
}

void
ArrivalLog::MoveTo(std::int64_t nowNs)
{
    while (!m_window.Empty() && m_window.Front().atNs <= nowNs - m_windowNs)
    {
        m_window.Pop();
    }
    while (m_bases.Size() > 1 && m_bases.Front().atNs <= nowNs - m_baseWindowNs)
    {
        m_bases.Pop();
    }
    if (!m_missing.empty())
    {
        FindLost(nowNs);
    }
    m_nowNs = nowNs;
}

/// Packets on a path that has become shorter overtake those on the longer one, so a packet is lost
/// only when it is also later than the slowest of the window was.
void
ArrivalLog::FindLost(std::int64_t nowNs)
{
    double slowestMs = 0;
    for (std::size_t k = 0; k < m_window.Size(); ++k)
    {
        slowestMs = std::max(slowestMs, m_window[k].delayMs);
    }
    const std::int64_t sentLatestNs = nowNs - ToNs(slowestMs);
    const auto lost = [&](const Missing& missing) {
        return missing.overtakenBy >= NDUPACK && missing.sentBeforeNs < sentLatestNs;
    };
    for (const auto& missing : m_missing)
    {
        if (lost(missing))
        {
            m_lost.insert(AtOrAfter(m_lost, missing.number), {missing.number, nowNs});
        }
    }
    m_missing.erase(std::remove_if(m_missing.begin(), m_missing.end(), lost), m_missing.end());
    if (m_lost.size() > LOSSES_KEPT)
    {
        m_lost.erase(m_lost.begin(), m_lost.end() - LOSSES_KEPT);
        m_forgotten = true;
    }
}

std::size_t
ArrivalLog::Lost() const
{
    return static_cast<std::size_t>(
        std::count_if(m_lost.begin(), m_lost.end(), [&](const Loss& loss) {
            return loss.foundNs > m_nowNs - m_windowNs;
        }));
}

double
ArrivalLog::LossFraction() const
{
    const double lost = static_cast<double>(Lost());
    const double due = lost + static_cast<double>(Received());
    return due > 0 ? lost / due : 0;
}

double
ArrivalLog::ReceivedKbps(std::int64_t nowNs) const
{
    if (!Begun() || nowNs <= m_firstNs)
    {
        return 0;
    }
    double bytes = 0;
    for (std::size_t k = 0; k < m_window.Size(); ++k)
    {
        bytes += m_window[k].bytes;
    }
    // A flow younger than the window: its time begins with the first packet, whose bytes are before
    // it.
    const std::int64_t ageNs = nowNs - m_firstNs;
    return ageNs < m_windowNs ? (bytes - m_firstBytes) * 8e6 / static_cast<double>(ageNs)
                              : bytes * 8e6 / static_cast<double>(m_windowNs);
}

double
ArrivalLog::BaseDelayMs() const
{
    return m_bases.Empty() ? 0 : m_bases.Front().delayMs;
}

double
ArrivalLog::QueuingDelayMs(double filterMs, std::int64_t nowNs) const
{
    if (m_bases.Empty())
    {
        return 0;
    }
    double smallestMs = m_bases.Back().delayMs; // the last packet's
    for (std::size_t k = m_window.Size(); k > 0; --k)
    {
        const Arrival& arrival = m_window[k - 1];
        if (arrival.atNs <= nowNs - ToNs(filterMs))
        {
            break;
        }
        smallestMs = std::min(smallestMs, arrival.delayMs);
    }
    return smallestMs - BaseDelayMs();
}

bool
ArrivalLog::HadQueue(double thresholdMs) const
{
    const double limitMs = BaseDelayMs() + thresholdMs;
    for (std::size_t k = 0; k < m_window.Size(); ++k)
    {
        if (m_window[k].delayMs >= limitMs)
        {
            return true;
        }
    }
    return false;
}

double
ArrivalLog::CurrentInterval() const
{
    return m_lost.empty() ? m_next : m_next - 1 - m_lost.back().number;
}

double
ArrivalLog::AverageInterval() const
{
    // Neighbouring losses are one loss event, which begins with the first of them.
    double sum = 0;
    double weights = 0;
    std::size_t intervals = 0;
    double later = -1; // where the next later event begins
    const auto begins = [&](double number) {
        if (later >= 0)
        {
            sum += WEIGHTS[intervals] * (later - number);
            weights += WEIGHTS[intervals];
            intervals++;
        }
        later = number;
    };
    for (std::size_t k = m_lost.size(); k > 0 && intervals < WEIGHTS.size(); --k)
    {
        if (k == 1 || m_lost[k - 2].number + 1 != m_lost[k - 1].number)
        {
            begins(m_lost[k - 1].number);
        }
    }
    if (!m_lost.empty() && intervals < WEIGHTS.size() && !m_forgotten)
    {
        begins(0);
    }
    return weights > 0 ? sum / weights : CurrentInterval();
}

} // namespace fluid
