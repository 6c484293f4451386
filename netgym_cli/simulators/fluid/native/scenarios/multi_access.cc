// SPDX-License-Identifier: Apache-2.0
#include "scenarios/multi_access.h"

#include <algorithm>

namespace fluid
{

namespace
{

constexpr int NO_CELL = 255;
constexpr double START_APART_MS = 1; // users' applications, so that they are not in lockstep
constexpr double NR_ACK_DELAY_S = 2e-3;
constexpr double LTE_ACK_DELAY_S = 10e-3; // with a scheduling request and its grant

} // namespace

void
MultiAccess::SetShares(int user, const double* shares)
{
    auto& u = m_users[user];
    double sum = 0;
    Shares set{};
    for (int link = 0; link < LINKS; ++link)
    {
        set[link] = m_plan->exists[link] ? shares[link] : 0;
        sum += set[link];
    }
    if (sum <= 0)
    {
        const auto first = std::find(m_plan->exists.begin(), m_plan->exists.end(), true);
        set[first - m_plan->exists.begin()] = sum = 1;
    }
    u.balancer.Stop();
    const auto heaviest = std::max_element(set.begin(), set.end()) - set.begin();
    for (int link = 0; link < LINKS; ++link)
    {
        set[link] = m_plan->users[user].steers ? link == heaviest : set[link] / sum;
    }
    u.shares = set;
}

void
MultiAccess::UseBalancer(int user)
{
    auto& u = m_users[user];
    const double nowS = m_tick * m_plan->tunnel.tickS;
    u.balancer.Start(m_plan->users[user].balancerSteers, u.shares, m_plan->exists, nowS);
}

void
MultiAccess::Advance()
{
    Walk((m_plan->guardMs + m_plan->intervalMs) * 1e-3);
    for (long tick = 0; tick < m_plan->guardTicks; ++tick)
    {
        Tick();
    }
    for (auto& user : m_users)
    {
        user.tunnel.ClearInterval();
    }
    m_lte.ClearInterval();
    for (long tick = 0; tick < m_plan->intervalTicks; ++tick)
    {
        Tick();
    }
    const double nowS = m_tick * m_plan->tunnel.tickS;
    m_lte.Refresh(m_plan->lte, nowS);
    for (int k = 0; k < UserCount(); ++k)
    {
        auto& user = m_users[k];
        const auto& plan = m_plan->users[k];
        user.meter.Close(user.tunnel, plan.target, plan.packetBytes, m_plan->intervalMs, nowS);
    }
}

double
MultiAccess::AckDelayS() const
{
    if (m_plan->exists[WIFI])
    {
        return m_plan->wifi.ackDelayS;
    }
    return m_plan->exists[NR] ? NR_ACK_DELAY_S : LTE_ACK_DELAY_S;
}

void
MultiAccess::Tick()
{
    m_tick++;
    const double nowS = m_tick * m_plan->tunnel.tickS;
    for (int user = 0; user < UserCount(); ++user)
    {
        Send(user, NowMs());
    }
    if (m_plan->exists[WIFI])
    {
        m_wifi.Tick(m_plan->wifi, m_loads[WIFI], m_plan->tunnel.tickS);
    }
    if (m_plan->exists[NR])
    {
        m_nr.Tick(m_plan->nr, m_loads[NR], nowS, m_plan->tunnel.tickS);
    }
    m_lte.Tick(m_plan->lte, m_loads[LTE], nowS, m_plan->tunnel.tickS);
    for (int user = 0; user < UserCount(); ++user)
    {
        Receive(user);
    }
}

void
MultiAccess::Send(int user, double nowMs)
{
    auto& u = m_users[user];
    double bytes = 0;
    if (u.tcp >= 0)
    {
        bytes = m_tcp[u.tcp].Send(m_plan->bbr, u.shares, AckDelayS(), m_tick);
    }
    else
    {
        const double sinceMs = nowMs - m_plan->startMs - START_APART_MS * user;
        if (sinceMs > 0)
        {
            const double part = std::min(sinceMs, m_plan->tickMs);
            bytes = u.udp.Send(m_plan->users[user].traffic, nowMs, part);
        }
    }
    std::array<Load*, LINKS> loads{};
    for (int link = 0; link < LINKS; ++link)
    {
        loads[link] = &m_loads[link][user];
        loads[link]->prioritized = u.prioritized[link];
    }
    loads[WIFI]->ackRate = u.tcp >= 0 && m_plan->exists[WIFI] ? m_tcp[u.tcp].AckRate() : 0;
    u.tunnel.Offer(bytes, u.shares, loads);
}

void
MultiAccess::Receive(int user)
{
    auto& u = m_users[user];
    const auto& plan = m_plan->users[user];
    std::array<Load*, LINKS> loads{};
    for (int link = 0; link < LINKS; ++link)
    {
        loads[link] = &m_loads[link][user];
    }
    u.tunnel.Deliver(m_plan->tunnel, u.shares, m_tick, plan.target.thresholdsS, loads);
    if (u.tcp >= 0)
    {
        m_tcp[u.tcp].Note(u.tunnel.Acknowledge(m_plan->tunnel, m_tick, plan.packetBytes), m_tick);
    }
    if (u.balancer.Running())
    {
        Balance(user);
    }
}

void
MultiAccess::Balance(int user)
{
    auto& u = m_users[user];
    const double packetBytes = m_plan->users[user].packetBytes;
    std::array<LinkTick, LINKS> ticks{};
    for (int link = 0; link < LINKS; ++link)
    {
        const auto& load = m_loads[link][user];
        const auto arrival = u.tunnel.LastArrival(link);
        ticks[link].exists = m_plan->exists[link];
        ticks[link].packets = arrival.bytes / packetBytes;
        ticks[link].delayS = arrival.bytes > 0 ? arrival.delayS : load.delayS + load.waitS;
        ticks[link].lostPackets = (load.offered - load.accepted) / packetBytes;
    }
    const double tickS = m_plan->tunnel.tickS;
    u.balancer.Tick(ticks, m_tick * tickS, tickS, u.shares);
}

double
MultiAccess::MaxRateMbps(int user, int link) const
{
    if (!m_plan->exists[link])
    {
        return 0;
    }
    return link == WIFI ? m_wifi.MaxRateMbps(user)
           : link == NR ? m_nr.MaxRateMbps(m_plan->nr, user)
                        : m_lte.MaxRateMbps(m_plan->lte, user);
}

int
MultiAccess::CellId(int user, int link) const
{
    if (!m_plan->exists[link])
    {
        return NO_CELL;
    }
    const int cell = link == WIFI ? m_wifi.Cell(user) : link == NR ? m_nr.Cell(user) : 0;
    return cell < 0 ? NO_CELL : cell + 1;
}

} // namespace fluid
