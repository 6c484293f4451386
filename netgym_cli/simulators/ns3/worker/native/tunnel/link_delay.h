// SPDX-License-Identifier: GPL-2.0-only
// What the receiver knows of a link: delays in intervals, their lowest over some seconds, losses in
// a cycle.
#pragma once
#include <cstdint>

namespace netgym
{

struct LinkDelay
{
    static constexpr double SILENCE_MS = 1000; ///< a link unheard for this long is down

    double meanMs{0};   ///< of the last interval that had any
    double beforeMs{0}; ///< of the interval before it
    int streak{0};      ///< decisions in a row against this link
    bool silent{false}; ///< as of the last interval's end

    /// Starts listening.
    void Begin(double nowMs)
    {
        m_heardMs = nowMs;
    }

    /// A packet came; `linkSequence` counts the packets sent over the link.
    void Arrived(double nowMs, double owdMs, std::uint16_t linkSequence);
    /// Closes an interval; true if it had any packet.
    bool EndInterval(double nowMs);

    /// Starts counting losses anew.
    void BeginCycle()
    {
        m_received = m_due = 0;
    }

    /// The lowest delay is that of the window that ends now and of the next one.
    void RenewWindow();
    /// Mean delay above the lowest one; SILENCE_MS of a silent link.
    double QueueingMs() const;

    /// Share of the cycle's packets that did not come.
    double Loss() const
    {
        return m_due > 0 ? 1.0 - static_cast<double>(m_received) / m_due : 0;
    }

  private:
    double m_sumMs{0};
    int m_samples{0};
    double m_lowestMs{-1};    ///< in the present window
    double m_lowestOldMs{-1}; ///< in the window before
    bool m_heard{false};
    double m_heardMs{0};
    std::uint16_t m_last{0};
    int m_received{0};
    int m_due{0};
};

} // namespace netgym
