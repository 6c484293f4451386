// SPDX-License-Identifier: Apache-2.0
#include "tunnel/balancer.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

constexpr int SPLIT_UNITS = 32;
constexpr double PROBE_EVERY_S = 0.1;
constexpr double SHORTEST_S = 0.01;
constexpr double LONGEST_S = 1;
constexpr double STEADY = 0.1; // change of delay per round trip below which a cycle may end
constexpr int MOST_INTERVALS = 10;
constexpr double WINDOW_S = 12;
constexpr double SILENCE_S = 1;

} // namespace

int
Balancer::Units() const
{
    return m_steers ? 1 : SPLIT_UNITS;
}

void
Balancer::Start(bool steers,
                const Shares& shares,
                const std::array<bool, LINKS>& exists,
                double nowS)
{
    if (m_running)
    {
        return;
    }
    const double leftWifiS = m_leftWifiS;
    *this = Balancer();
    m_running = true;
    m_steers = steers;
    m_exists = exists;
    m_leftWifiS = leftWifiS;
    int heaviest = -1;
    int left = Units();
    for (int link = 0; link < LINKS; ++link)
    {
        m_units[link] = exists[link] ? static_cast<int>(shares[link] * Units()) : 0;
        left -= m_units[link];
        m_links[link].heardS = nowS;
        if (exists[link] && (heaviest < 0 || shares[link] > shares[heaviest]))
        {
            heaviest = link;
        }
    }
    m_units[heaviest] += left;
    m_windowS = m_probeS = nowS;
    m_intervalEndsS = nowS + SHORTEST_S;
    m_asked = true;
    m_arrivesS = nowS;
    BeginCycle(nowS);
}

void
Balancer::BeginCycle(double nowS)
{
    m_intervals = 0;
    m_packets = 0;
    m_intervalBeganS = nowS;
    for (auto& link : m_links)
    {
        link.due = link.lost = 0;
    }
}

double
Balancer::QueueingS(int link) const
{
    const auto& state = m_links[link];
    if (state.silent)
    {
        return SILENCE_S;
    }
    if (state.lowestS < 0)
    {
        return 0;
    }
    const double lowest =
        state.lowestBeforeS < 0 ? state.lowestS : std::min(state.lowestS, state.lowestBeforeS);
    return state.meanS - lowest;
}

double
Balancer::Loss(int link) const
{
    return m_links[link].due > 0 ? m_links[link].lost / m_links[link].due : 0;
}

bool
Balancer::Tick(const std::array<LinkTick, LINKS>& links, double nowS, double tickS, Shares& shares)
{
    if (!m_running)
    {
        return false;
    }
    m_nowS = nowS;
    const bool probes = nowS >= m_probeS;
    m_probeS += probes ? PROBE_EVERY_S : 0;
    for (int k = 0; k < LINKS; ++k)
    {
        if (!m_exists[k])
        {
            continue;
        }
        auto& state = m_links[k];
        const double packets = links[k].packets + (probes ? 1 : 0);
        if (packets > 0)
        {
            state.packets += packets;
            state.delayPackets += packets * links[k].delayS;
            state.lowestS =
                state.lowestS < 0 ? links[k].delayS : std::min(state.lowestS, links[k].delayS);
            // A probe is heard only when the queue before it has gone.
            state.heardS =
                links[k].packets > 0 || links[k].delayS < SILENCE_S ? nowS : state.heardS;
            m_packets += packets;
        }
        state.due += packets + links[k].lostPackets;
        state.lost += links[k].lostPackets;
    }
    if (nowS >= m_intervalEndsS - tickS / 2)
    {
        double longestS = 0;
        for (const auto& link : m_links)
        {
            longestS = std::max(longestS, link.meanS);
        }
        const double roundTripS = std::clamp(2 * longestS, SHORTEST_S, LONGEST_S);
        m_intervalEndsS = nowS + roundTripS;
        if (m_packets > 2 * Units() || nowS - m_intervalBeganS >= LONGEST_S)
        {
            EndInterval(nowS, roundTripS);
        }
    }
    if (m_asked && nowS >= m_arrivesS)
    {
        m_asked = false;
        for (int link = 0; link < LINKS; ++link)
        {
            shares[link] = static_cast<double>(m_units[link]) / Units();
        }
        return true;
    }
    return false;
}

void
Balancer::EndInterval(double nowS, double roundTripS)
{
    double change = 0;
    for (auto& link : m_links)
    {
        link.previousMeanS = link.meanS;
        if (link.packets > 0)
        {
            link.meanS = link.delayPackets / link.packets;
            change = std::max(change, std::abs(link.meanS - link.previousMeanS) / roundTripS);
        }
        link.packets = link.delayPackets = 0;
        link.silent = nowS - link.heardS >= SILENCE_S;
    }
    if (nowS - m_windowS >= WINDOW_S)
    {
        m_windowS = nowS;
        for (auto& link : m_links)
        {
            link.lowestBeforeS = link.lowestS;
            link.lowestS = link.lowestS < 0 ? -1 : link.meanS;
        }
    }
    m_packets = 0;
    m_intervalBeganS = nowS;
    m_intervals++;
    if ((m_intervals >= 2 && change < STEADY) || m_intervals >= MOST_INTERVALS)
    {
        Decide(nowS);
        BeginCycle(nowS);
    }
}

} // namespace fluid
