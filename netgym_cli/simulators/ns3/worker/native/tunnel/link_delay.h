// SPDX-License-Identifier: GPL-2.0-only
// A receiver's statistics of a link: delays per interval, their minimum over some seconds, losses
// per cycle.
#pragma once
#include <cstdint>

namespace netgym
{

struct LinkDelay
{
    static constexpr double SILENCE_MS = 1000; ///< a link without arrivals for this long is down

    double meanMs{0};         ///< of the last interval with arrivals
    double previousMeanMs{0}; ///< of the interval before it
    int streak{0};            ///< decisions in a row against this link
    bool silent{false};       ///< as of the last interval's end

    /// Starts the silence timer.
    void Begin(double nowMs)
    {
        m_lastArrivalMs = nowMs;
    }

    /// A packet arrived; `linkSequence` counts the packets sent over the link.
    void Arrived(double nowMs, double owdMs, std::uint16_t linkSequence);
    /// Ends an interval; true if it had any packet.
    bool EndInterval(double nowMs);

    /// Resets the loss counters.
    void BeginCycle()
    {
        m_received = m_due = 0;
    }

    /// The lowest delay is that of the window that ends now and of the next one.
    void RenewWindow();
    /// Mean delay above the lowest one; SILENCE_MS of a silent link.
    double QueueingMs() const;

    /// Share of the cycle's packets that did not arrive.
    double Loss() const
    {
        return m_due > 0 ? 1.0 - static_cast<double>(m_received) / m_due : 0;
    }

  private:
    double m_sumMs{0};
    int m_samples{0};
    double m_lowestMs{-1};    ///< in the present window
    double m_lowestOldMs{-1}; ///< in the window before
    bool m_started{false};
    double m_lastArrivalMs{0};
    std::uint16_t m_last{0};
    int m_received{0};
    int m_due{0};
};

} // namespace netgym
