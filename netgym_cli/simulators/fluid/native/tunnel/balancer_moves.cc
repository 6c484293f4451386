// SPDX-License-Identifier: Apache-2.0
// What the balancer does at the end of a cycle.
#include "tunnel/balancer.h"

#include <algorithm>

namespace fluid
{

namespace
{

constexpr double TOLERATED_S = 0.01; // difference of queueing delays
constexpr int PATIENT = 4;           // decisions in a row with a step of one
constexpr double STAY_AWAY_S = 5;    // from Wi-Fi, when steering
constexpr double SLOWEST_S = 1;      // of a request

} // namespace

void
Balancer::Decide(double nowS)
{
    LeaveSilentLinks();
    if (!Rebalance() && !AvoidLoss() && m_steers && m_exists[WIFI] && m_units[WIFI] == 0 &&
        nowS - m_leftWifiS >= STAY_AWAY_S)
    {
        m_units.fill(0);
        m_units[WIFI] = Units();
    }
    double quickestS = SLOWEST_S;
    for (int link = 0; link < LINKS; ++link)
    {
        if (m_exists[link] && !m_links[link].silent)
        {
            quickestS = std::min(quickestS, m_links[link].meanS);
        }
    }
    m_asked = true;
    m_arrivesS = nowS + quickestS;
}

void
Balancer::LeaveSilentLinks()
{
    for (int from = 0; from < LINKS; ++from)
    {
        int to = from;
        while (m_links[from].silent && m_units[from] > 0)
        {
            int tried = 0;
            do
            {
                to = (to + 1) % LINKS;
                tried++;
            } while (tried <= LINKS && (!m_exists[to] || m_links[to].silent));
            if (tried > LINKS)
            {
                return;
            }
            Move(from, to, 1, m_nowS);
        }
    }
}

bool
Balancer::Rebalance()
{
    int worst = -1;
    int best = -1;
    for (int link = 0; link < LINKS; ++link)
    {
        if (m_exists[link])
        {
            const double queueing = QueueingS(link);
            best = best < 0 || queueing < QueueingS(best) ? link : best;
            const bool used = m_units[link] > 0;
            worst = used && (worst < 0 || queueing > QueueingS(worst)) ? link : worst;
        }
    }
    auto& state = m_links[worst];
    if (QueueingS(worst) - QueueingS(best) <= TOLERATED_S)
    {
        for (auto& link : m_links)
        {
            link.streak = 0;
        }
        return false;
    }
    if (state.meanS >= state.previousMeanS)
    {
        state.streak++;
        Move(worst, best, std::max(state.streak - PATIENT, 1), m_nowS);
    }
    return true;
}

bool
Balancer::AvoidLoss()
{
    int worst = -1;
    int best = -1;
    for (int link = 0; link < LINKS; ++link)
    {
        if (m_exists[link])
        {
            best = best < 0 || Loss(link) < Loss(best) ? link : best;
            const bool used = m_units[link] > 0;
            worst = used && (worst < 0 || Loss(link) > Loss(worst)) ? link : worst;
        }
    }
    if (Loss(worst) <= 2 * Loss(best))
    {
        return false;
    }
    Move(worst, best, 1, m_nowS);
    return true;
}

void
Balancer::Move(int from, int to, int units, double nowS)
{
    const int moved = std::min(units, m_units[from]);
    m_units[from] -= moved;
    m_units[to] += moved;
    if (from == WIFI && m_units[WIFI] == 0)
    {
        m_leftWifiS = nowS;
    }
}

} // namespace fluid
