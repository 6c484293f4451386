// SPDX-License-Identifier: GPL-2.0-only
#include "tunnel/link_delay.h"

#include <algorithm>

namespace netgym
{

void
LinkDelay::Arrived(double nowMs, double owdMs, std::uint16_t linkSequence)
{
    const auto ahead = static_cast<std::int16_t>(linkSequence - m_last);
    if (m_started && ahead > 0)
    {
        m_due += ahead;
        m_received++;
    }
    if (!m_started || ahead > 0)
    {
        m_last = linkSequence;
    }
    m_started = true;
    m_lastArrivalMs = nowMs;
    m_sumMs += owdMs;
    m_samples++;
    m_lowestMs = m_lowestMs < 0 ? owdMs : std::min(m_lowestMs, owdMs);
}

bool
LinkDelay::EndInterval(double nowMs)
{
    const bool any = m_samples > 0;
    previousMeanMs = meanMs;
    if (any)
    {
        meanMs = m_sumMs / m_samples;
    }
    m_sumMs = m_samples = 0;
    silent = nowMs - m_lastArrivalMs >= SILENCE_MS;
    return any;
}

void
LinkDelay::RenewWindow()
{
    m_lowestOldMs = m_lowestMs;
    m_lowestMs = m_started ? meanMs : -1;
}

double
LinkDelay::QueueingMs() const
{
    if (silent)
    {
        return SILENCE_MS;
    }
    const double lowest = m_lowestOldMs < 0 ? m_lowestMs : std::min(m_lowestMs, m_lowestOldMs);
    return m_started && lowest >= 0 ? meanMs - lowest : 0;
}

} // namespace netgym
