// SPDX-License-Identifier: GPL-2.0-only
// A receiver's view of a stream of numbered packets: delays, rate, and losses as distinct from
// reordering.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

namespace netgym
{

class PacketLog
{
  public:
    /// Packets with higher numbers that must arrive before a missing one counts as lost (RFC 5348,
    /// section 5.1). It must also be later than any packet of the window was: when the path becomes
    /// shorter, those on the long one are overtaken by many.
    static constexpr int REORDER_TOLERANCE = 3;

    /// Packets and losses are counted over the last `windowMs`; the base delay is the smallest of
    /// `baseWindowMs`.
    PacketLog(double windowMs, double baseWindowMs);

    /// A packet that counted as lost and arrives after all no longer counts.
    void Arrived(std::uint32_t sequence,
                 std::uint32_t bytes,
                 std::int64_t sentNs,
                 std::int64_t nowNs);
    /// Drops what is older than the windows.
    void Expire(std::int64_t nowNs);

    /// Whether a packet has ever arrived.
    bool Started() const
    {
        return m_firstNs >= 0;
    }

    std::size_t Received() const
    {
        return m_samples.size();
    }

    std::size_t Lost() const;
    /// Lost packets' share of the window, 0 to 1; 0 when the window is empty.
    double LossFraction() const;
    double ReceivedKbps(std::int64_t nowNs) const;

    /// Smallest one-way delay, ms; 0 before the first packet.
    double BaseDelayMs() const;
    /// One-way delay above the base: the smallest of the last `filterMs`, or else the last one.
    double QueuingDelayMs(double filterMs, std::int64_t nowNs) const;
    /// Whether a packet of the window was queued for `thresholdMs` or longer.
    bool QueueBuilt(double thresholdMs) const;

    bool EverLost() const
    {
        return !m_lost.empty();
    }

    /// Packets since the last loss, or since the first packet.
    double CurrentInterval() const;
    /// Weighted mean of the last eight intervals between losses (RFC 5348, section 5.4); without a
    /// loss, the current one.
    double AverageInterval() const;

  private:
    struct Sample
    {
        std::int64_t atNs;
        std::uint32_t bytes;
        double delayMs;
    };

    struct Missing
    {
        std::int64_t sentByNs; ///< when the next packet that arrived was sent
        int overtakenBy;
    };

    void CountOvertaken(std::uint32_t arrived);
    void DeclareLost(std::int64_t nowNs);

    std::int64_t m_windowNs;
    std::int64_t m_baseWindowNs;
    std::int64_t m_nowNs{0};
    std::int64_t m_firstNs{-1};
    std::uint32_t m_firstBytes{0};
    std::uint32_t m_next{0}; ///< one above the highest number that has arrived
    bool m_trimmed{false};   ///< whether old losses have been dropped
    std::deque<Sample> m_samples;
    /// Rising delays, the first is the smallest of the window.
    std::deque<std::pair<std::int64_t, double>> m_bases;
    std::map<std::uint32_t, Missing> m_missing;
    /// Number to the time at which it was declared lost.
    std::map<std::uint32_t, std::int64_t> m_lost;
};

} // namespace netgym
