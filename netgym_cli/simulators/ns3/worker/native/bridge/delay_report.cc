// SPDX-License-Identifier: GPL-2.0-only
#include "bridge/delay_report.h"

#include <algorithm>
#include <cmath>

namespace netgym
{

namespace
{

/// Upper ends of all bins but the last, ms, in whole nanoseconds.
const std::vector<double>&
Edges()
{
    static const std::vector<double> edges = [] {
        std::vector<double> ends;
        for (int k = 0; k <= DelayReport::DECADES * DelayReport::BINS_PER_DECADE; ++k)
        {
            const double power = static_cast<double>(k) / DelayReport::BINS_PER_DECADE;
            const double endNs =
                std::nearbyint(DelayReport::SHORTEST_MS * 1e6 * std::pow(10, power));
            ends.push_back(endNs * 1e-6);
        }
        return ends;
    }();
    return edges;
}

/// The smallest delay that is not exceeded by `percent` of the packets.
double
Percentile(const std::vector<double>& sorted, std::size_t percent)
{
    return sorted[(percent * sorted.size() + 99) / 100 - 1];
}

} // namespace

void
DelayReport::Add(std::vector<double> delaysMs)
{
    const int flow = m_flows++;
    if (delaysMs.empty())
    {
        return;
    }
    std::sort(delaysMs.begin(), delaysMs.end());
    const auto& edges = Edges();
    const auto before = m_bins.size();
    for (auto first = delaysMs.begin(); first != delaysMs.end();)
    {
        const auto edge = std::upper_bound(edges.begin(), edges.end(), *first);
        const auto next =
            edge == edges.end() ? delaysMs.end() : std::lower_bound(first, delaysMs.end(), *edge);
        m_bins.push_back(edge - edges.begin());
        m_packets.push_back(next - first);
        first = next;
    }
    const double filled = m_bins.size() - before;
    m_heads.insert(m_heads.end(),
                   {static_cast<double>(flow),
                    Percentile(delaysMs, 50),
                    Percentile(delaysMs, 95),
                    Percentile(delaysMs, 99),
                    filled});
}

std::vector<double>
DelayReport::Numbers() const
{
    if (m_flows == 0)
    {
        return {};
    }
    constexpr std::size_t HEAD = 5; // numbers per flow
    std::vector<double> numbers{static_cast<double>(m_heads.size() / HEAD),
                                static_cast<double>(m_bins.size())};
    numbers.insert(numbers.end(), m_heads.begin(), m_heads.end());
    numbers.insert(numbers.end(), m_bins.begin(), m_bins.end());
    numbers.insert(numbers.end(), m_packets.begin(), m_packets.end());
    return numbers;
}

} // namespace netgym
