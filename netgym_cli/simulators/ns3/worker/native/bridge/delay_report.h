// SPDX-License-Identifier: GPL-2.0-only
// Distributions of the packets' one-way delays in an interval. netgym_cli/simulators/delays.py
// reads them and has the same bins.
#pragma once
#include <string>
#include <vector>

namespace netgym
{

/// Exact percentiles and a histogram of every flow that delivered a packet.
class DelayReport
{
  public:
    /// Logarithmic bins from 0.1 ms to 10 s; the first one is for what is shorter, the last one for
    /// what is longer.
    static constexpr double SHORTEST_MS = 0.1;
    static constexpr int DECADES = 5;
    static constexpr int BINS_PER_DECADE = 40;

    /// With `describing`, the layout is written as well.
    explicit DelayReport(bool describing)
        : m_describing(describing)
    {
    }

    /// One flow per entity; ids count from 1, `delaysMs` is called with indices from 0 and gives
    /// the delays of the packets that were delivered, in any order.
    template <typename PerEntity>
    void Row(const std::string& source, const std::string& name, int count, PerEntity delaysMs)
    {
        std::string ids;
        for (int i = 0; i < count; ++i)
        {
            Add(delaysMs(i));
            ids += m_describing ? (i ? "," : "") + std::to_string(i + 1) : "";
        }
        if (!ids.empty())
        {
            m_layout += source + "\t" + name + "\tms\t" + ids + "\tdistribution\n";
        }
    }

    /// Numbers of the delivering flows and of their filled bins; then per flow its place in the
    /// layout, the percentiles 50, 95 and 99 in ms, and how many bins are filled; then all bins, in
    /// the order of the flows; then their packets. Nothing where no flow was ever given.
    std::vector<double> Numbers() const;

    /// One line per row: source, name, unit, ids and the word `distribution`, divided by tabs.
    const std::string& Layout() const
    {
        return m_layout;
    }

  private:
    void Add(std::vector<double> delaysMs);

    bool m_describing;
    int m_flows{0};
    std::string m_layout;
    std::vector<double> m_heads;
    std::vector<double> m_bins;
    std::vector<double> m_packets;
};

} // namespace netgym
