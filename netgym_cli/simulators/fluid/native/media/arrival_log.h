// SPDX-License-Identifier: Apache-2.0
// What the receiver of a media flow knows of its packets: delays, rate and losses.
#pragma once
#include "packets/fifo.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fluid
{

/// Delays and rates are over a sliding window (RFC 8698, section 5.1), the base delay is the
/// smallest of a longer one, losses and the intervals between them are those of TFRC (RFC 5348,
/// sections 5.1 to 5.4).
class ArrivalLog
{
  public:
    ArrivalLog(double windowMs, double baseWindowMs);

    void Clear();
    void Arrived(std::uint32_t number, double bytes, std::int64_t sentNs, std::int64_t nowNs);
    /// Forgets what is older than the windows, and decides which missing packets are lost.
    void MoveTo(std::int64_t nowNs);

    bool Begun() const
    {
        return m_firstNs >= 0;
    }

    /// Packets of the window.
    std::size_t Received() const
    {
        return m_window.Size();
    }

    /// Packets that were found to be lost in the window.
    std::size_t Lost() const;

    /// Lost packets' share of the window, 0 to 1.
    double LossFraction() const;
    double ReceivedKbps(std::int64_t nowNs) const;
    double BaseDelayMs() const;
    /// Smallest delay of the last `filterMs` above the base, or the last packet's.
    double QueuingDelayMs(double filterMs, std::int64_t nowNs) const;
    /// Whether a packet of the window was `thresholdMs` or more above the base.
    bool HadQueue(double thresholdMs) const;

    bool EverLost() const
    {
        return !m_lost.empty();
    }

    /// Packets since the last loss.
    double CurrentInterval() const;
    /// Weighted mean of the last eight intervals (RFC 5348, section 5.4).
    double AverageInterval() const;

  private:
    struct Arrival
    {
        std::int64_t atNs;
        double bytes;
        double delayMs;
    };

    struct Missing
    {
        std::uint32_t number;
        std::int64_t sentBeforeNs; ///< when the next packet that arrived had been sent
        int overtakenBy;
    };

    struct Loss
    {
        std::uint32_t number;
        std::int64_t foundNs;
    };

    void FindLost(std::int64_t nowNs);

    std::int64_t m_windowNs;
    std::int64_t m_baseWindowNs;
    std::int64_t m_nowNs{0};
    std::int64_t m_firstNs{-1};
    double m_firstBytes{0};
    std::uint32_t m_next{0}; ///< above the highest number that has arrived
    bool m_forgotten{false}; ///< whether the oldest losses are no longer kept
    Fifo<Arrival> m_window;
    Fifo<Arrival> m_bases;          ///< rising delays; the first is the base
    std::vector<Missing> m_missing; ///< by number
    std::vector<Loss> m_lost;       ///< by number
};

} // namespace fluid
