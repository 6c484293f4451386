// SPDX-License-Identifier: GPL-2.0-only
// The rules by which the balancer moves shares between links.
#include "bridge/scenario.h"
#include "tunnel/balancer.h"

#include <algorithm>

namespace netgym
{

namespace
{

constexpr double TOLERATED_MS = 10;   // difference of queueing delays
constexpr double STAY_AWAY_MS = 5000; // from Wi-Fi after steering away from its queue
constexpr int PATIENT_DECISIONS = 4;  // in a row, before steps grow

} // namespace

void
Balancer::Decide()
{
    LeaveSilentLinks();
    if (!Rebalance() && !AvoidLoss() && m_mode.steer)
    {
        ReturnToWifi();
    }
    Request(); // also without a change: the last one may have been lost
}

void
Balancer::LeaveSilentLinks()
{
    const auto alive = [this](int link) { return m_mode.up[link] && !m_links[link].silent; };
    for (int from = 0; from < LINKS; ++from)
    {
        // One unit each to the live links, in turn, as long as there are any.
        for (int to = 0, tried = 0; m_units[from] > 0 && m_links[from].silent && tried < LINKS;
             to = (to + 1) % LINKS)
        {
            tried = alive(to) ? 0 : tried + 1;
            if (alive(to))
            {
                Move(from, to, 1);
            }
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
        if (!m_mode.up[link])
        {
            continue;
        }
        const double queueingMs = m_links[link].QueueingMs();
        if (best < 0 || queueingMs < m_links[best].QueueingMs())
        {
            best = link;
        }
        if (m_units[link] > 0 && (worst < 0 || queueingMs > m_links[worst].QueueingMs()))
        {
            worst = link;
        }
    }
    auto& state = m_links[worst];
    if (state.QueueingMs() - m_links[best].QueueingMs() <= TOLERATED_MS)
    {
        for (auto& link : m_links)
        {
            link.streak = 0;
        }
        return false;
    }
    if (state.meanMs >= state.previousMeanMs)
    {
        state.streak++;
        Move(worst, best, std::max(state.streak - PATIENT_DECISIONS, 1));
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
        if (!m_mode.up[link])
        {
            continue;
        }
        const double loss = m_links[link].Loss();
        best = best < 0 || loss < m_links[best].Loss() ? link : best;
        worst = m_units[link] > 0 && (worst < 0 || loss > m_links[worst].Loss()) ? link : worst;
    }
    if (m_links[worst].Loss() <= 2 * m_links[best].Loss())
    {
        return false;
    }
    Move(worst, best, 1);
    return true;
}

void
Balancer::ReturnToWifi()
{
    const auto used =
        std::find_if(m_units.begin(), m_units.end(), [](int units) { return units > 0; });
    const int link = static_cast<int>(used - m_units.begin());
    if (m_mode.up[WIFI] && link != WIFI && NowMs() - m_leftWifiMs >= STAY_AWAY_MS)
    {
        Move(link, WIFI, 1);
    }
}

void
Balancer::Move(int from, int to, int units)
{
    const int moved = std::min(units, m_units[from]);
    m_units[from] -= moved;
    m_units[to] += moved;
    if (from == WIFI && m_units[WIFI] == 0)
    {
        m_leftWifiMs = NowMs();
    }
}

} // namespace netgym
