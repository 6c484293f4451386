// SPDX-License-Identifier: GPL-2.0-only
#include "measure/packet_log.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace netgym
{

namespace
{

constexpr double INTERVAL_WEIGHTS[] = {1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2};
constexpr std::size_t LOSSES_REMEMBERED = 512;

std::int64_t
ToNs(double ms)
{
    return static_cast<std::int64_t>(ms * 1e6);
}

} // namespace

PacketLog::PacketLog(double windowMs, double baseWindowMs)
    : m_windowNs(ToNs(windowMs)),
      m_baseWindowNs(ToNs(baseWindowMs))
{
}

void
PacketLog::Arrived(std::uint32_t sequence,
                   std::uint32_t bytes,
                   std::int64_t sentNs,
                   std::int64_t nowNs)
{
    const double delayMs = (nowNs - sentNs) * 1e-6;
    if (!Started())
    {
        m_firstNs = nowNs;
        m_firstBytes = bytes;
    }
    m_samples.push_back({nowNs, bytes, delayMs});
    while (!m_bases.empty() && m_bases.back().second >= delayMs)
    {
        m_bases.pop_back();
    }
    m_bases.emplace_back(nowNs, delayMs);

    m_missing.erase(sequence);
    m_lost.erase(sequence);
    for (; m_next < sequence; ++m_next)
    {
        m_missing[m_next] = {sentNs, 0};
    }
    m_next = std::max(m_next, sequence + 1);
    CountOvertaken(sequence);
    Expire(nowNs);
}

void
PacketLog::CountOvertaken(std::uint32_t arrived)
{
    const auto end = m_missing.lower_bound(arrived);
    for (auto missing = m_missing.begin(); missing != end; ++missing)
    {
        missing->second.overtakenBy++;
    }
}

void
PacketLog::DeclareLost(std::int64_t nowNs)
{
    double longestMs = 0;
    for (const auto& sample : m_samples)
    {
        longestMs = std::max(longestMs, sample.delayMs);
    }
    for (auto missing = m_missing.begin(); missing != m_missing.end();)
    {
        const auto& [sentByNs, overtakenBy] = missing->second;
        if (overtakenBy < REORDER_TOLERANCE || nowNs <= sentByNs + ToNs(longestMs))
        {
            ++missing;
            continue;
        }
        m_lost[missing->first] = nowNs;
        missing = m_missing.erase(missing);
    }
    for (; m_lost.size() > LOSSES_REMEMBERED; m_trimmed = true)
    {
        m_lost.erase(m_lost.begin());
    }
}

void
PacketLog::Expire(std::int64_t nowNs)
{
    while (!m_samples.empty() && m_samples.front().atNs <= nowNs - m_windowNs)
    {
        m_samples.pop_front();
    }
    while (m_bases.size() > 1 && m_bases.front().first <= nowNs - m_baseWindowNs)
    {
        m_bases.pop_front();
    }
    if (!m_missing.empty())
    {
        DeclareLost(nowNs);
    }
    m_nowNs = nowNs;
}

std::size_t
PacketLog::Lost() const
{
    return std::count_if(m_lost.begin(), m_lost.end(), [this](const auto& loss) {
        return loss.second > m_nowNs - m_windowNs;
    });
}

double
PacketLog::LossFraction() const
{
    const auto lost = Lost();
    const auto all = lost + Received();
    return all ? static_cast<double>(lost) / all : 0;
}

double
PacketLog::ReceivedKbps(std::int64_t nowNs) const
{
    double bytes = 0;
    for (const auto& sample : m_samples)
    {
        bytes += sample.bytes;
    }
    if (!Started() || nowNs <= m_firstNs)
    {
        return 0;
    }
    // A stream younger than the window: the rate is over the time since the first packet, which
    // therefore does not count.
    const auto ageNs = nowNs - m_firstNs;
    return ageNs < m_windowNs ? (bytes - m_firstBytes) * 8e6 / ageNs : bytes * 8e6 / m_windowNs;
}

double
PacketLog::BaseDelayMs() const
{
    return m_bases.empty() ? 0 : m_bases.front().second;
}

double
PacketLog::QueuingDelayMs(double filterMs, std::int64_t nowNs) const
{
    if (m_bases.empty())
    {
        return 0;
    }
    double smallest = m_bases.back().second; // of the last packet, as nothing smaller came after it
    for (auto sample = m_samples.rbegin(); sample != m_samples.rend(); ++sample)
    {
        if (sample->atNs <= nowNs - ToNs(filterMs))
        {
            break;
        }
        smallest = std::min(smallest, sample->delayMs);
    }
    return smallest - BaseDelayMs();
}

bool
PacketLog::QueueBuilt(double thresholdMs) const
{
    const double limitMs = BaseDelayMs() + thresholdMs;
    return std::any_of(m_samples.begin(), m_samples.end(), [limitMs](const Sample& sample) {
        return sample.delayMs >= limitMs;
    });
}

double
PacketLog::CurrentInterval() const
{
    return m_lost.empty() ? m_next : m_next - 1 - m_lost.rbegin()->first;
}

double
PacketLog::AverageInterval() const
{
    if (m_lost.empty())
    {
        return CurrentInterval();
    }
    std::vector<std::uint32_t> starts; // of the runs of lost packets, latest first
    for (auto loss = m_lost.rbegin();
         loss != m_lost.rend() && starts.size() <= std::size(INTERVAL_WEIGHTS);
         ++loss)
    {
        const auto before = std::next(loss);
        if (before == m_lost.rend() || before->first + 1 != loss->first)
        {
            starts.push_back(loss->first);
        }
    }
    if (starts.size() <= std::size(INTERVAL_WEIGHTS) && !m_trimmed)
    {
        starts.push_back(0);
    }
    double sum = 0;
    double weights = 0;
    for (std::size_t k = 0; k + 1 < starts.size(); ++k)
    {
        sum += INTERVAL_WEIGHTS[k] * (starts[k] - starts[k + 1]);
        weights += INTERVAL_WEIGHTS[k];
    }
    return weights > 0 ? sum / weights : CurrentInterval();
}

} // namespace netgym
