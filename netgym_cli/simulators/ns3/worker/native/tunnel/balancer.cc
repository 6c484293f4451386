// SPDX-License-Identifier: GPL-2.0-only
#include "tunnel/balancer.h"

#include "bridge/duration.h"
#include "bridge/scenario.h"

#include <ns3/simulator.h>

#include <algorithm>
#include <cmath>

namespace netgym
{

using namespace ns3;

namespace
{

constexpr double PROBE_INTERVAL_MS = 100;
constexpr double MIN_INTERVAL_MS = 10;
constexpr double MAX_INTERVAL_MS = 1000;
constexpr int MAX_INTERVALS = 10;
constexpr double SETTLED = 0.1; // change of delay in an interval, as a share of the round-trip time
constexpr double WINDOW_MS = 12000; // of the smallest delay: a little more than BBR's probing cycle

} // namespace

Balancer::Balancer(Mode mode, SendRequest sendRequest, SendProbe sendProbe)
    : m_mode(mode),
      m_sendRequest(std::move(sendRequest)),
      m_sendProbe(std::move(sendProbe))
{
}

void
Balancer::Start(const std::array<double, LINKS>& weights)
{
    if (m_running)
    {
        return;
    }
    m_running = true;
    int left = Burst();
    int heaviest = -1;
    for (int link = 0; link < LINKS; ++link)
    {
        m_units[link] = static_cast<int>(std::floor(weights[link] * Burst()));
        left -= m_units[link];
        if (m_mode.up[link] && (heaviest < 0 || weights[link] > weights[heaviest]))
        {
            heaviest = link;
        }
    }
    m_units[heaviest] += left;
    m_links = {};
    m_windowMs = NowMs();
    for (auto& state : m_links)
    {
        state.Begin(m_windowMs);
    }
    BeginCycle();
    Request();
    SendProbes();
    m_timer = Simulator::Schedule(DurationOfMs(MIN_INTERVAL_MS), &Balancer::EndInterval, this);
}

void
Balancer::Stop()
{
    m_running = false;
    m_timer.Cancel();
    m_probing.Cancel();
}

void
Balancer::Arrived(int link, double owdMs, std::uint16_t linkSequence)
{
    if (!m_running)
    {
        return;
    }
    m_links[link].Arrived(NowMs(), owdMs, linkSequence);
    m_packets++;
}

void
Balancer::Request()
{
    // Over the fastest live link: the others may not reach the sender.
    int fastest = -1;
    const auto waitMs = [this](int link) {
        return m_links[link].silent ? 1e9 : m_links[link].meanMs;
    };
    for (int link = 0; link < LINKS; ++link)
    {
        if (m_mode.up[link] && (fastest < 0 || waitMs(link) < waitMs(fastest)))
        {
            fastest = link;
        }
    }
    m_sendRequest(m_units, fastest);
}

double
Balancer::LongestMs() const
{
    double longest = 0;
    for (const auto& state : m_links)
    {
        longest = std::max(longest, state.meanMs);
    }
    return longest;
}

void
Balancer::SendProbes()
{
    for (int link = 0; link < LINKS; ++link)
    {
        if (m_mode.up[link])
        {
            m_sendProbe(link);
        }
    }
    m_probing = Simulator::Schedule(DurationOfMs(PROBE_INTERVAL_MS), &Balancer::SendProbes, this);
}

void
Balancer::EndInterval()
{
    const double nowMs = NowMs();
    // Twice the longest one-way delay stands in for the round-trip time.
    const double rttMs = std::clamp(2 * LongestMs(), MIN_INTERVAL_MS, MAX_INTERVAL_MS);
    m_timer = Simulator::Schedule(DurationOfMs(rttMs), &Balancer::EndInterval, this);
    if (m_packets <= 2 * Burst() && nowMs - m_beganMs < MAX_INTERVAL_MS)
    {
        return;
    }
    double change = 0;
    for (auto& state : m_links)
    {
        if (state.EndInterval(nowMs))
        {
            change = std::max(change, std::abs(state.meanMs - state.previousMeanMs) / rttMs);
        }
    }
    RenewWindow(nowMs);
    m_packets = 0;
    m_beganMs = nowMs;
    m_intervals++;
    if ((m_intervals >= 2 && change < SETTLED) || m_intervals >= MAX_INTERVALS)
    {
        Decide();
        BeginCycle();
    }
}

void
Balancer::RenewWindow(double nowMs)
{
    if (nowMs - m_windowMs >= WINDOW_MS)
    {
        m_windowMs = nowMs;
        for (auto& state : m_links)
        {
            state.RenewWindow();
        }
    }
}

void
Balancer::BeginCycle()
{
    m_intervals = 0;
    m_packets = 0;
    m_beganMs = NowMs();
    for (auto& state : m_links)
    {
        state.BeginCycle();
    }
}

} // namespace netgym
