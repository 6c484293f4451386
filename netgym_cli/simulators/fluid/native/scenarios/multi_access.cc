// SPDX-License-Identifier: Apache-2.0
#include "scenarios/multi_access.h"

#include "bridge/purposes.h"

#include <algorithm>

namespace fluid
{

namespace
{

constexpr int NO_CELL = 255;
constexpr double START_APART_MS = 1; // users' applications, so that they are not in lockstep
constexpr double NR_ACK_DELAY_S = 2e-3;
constexpr double LTE_ACK_DELAY_S = 10e-3; // with a scheduling request and its grant
constexpr double TURN = 6.283185307179586;
constexpr Shares ALL_WIFI{1, 0, 0};

} // namespace

MultiAccess::MultiAccess(std::shared_ptr<const MultiAccessPlan> plan)
    : m_plan(std::move(plan)),
      m_users(m_plan->users.size())
{
    for (auto& loads : m_loads)
    {
        loads.resize(m_users.size());
        for (int user = 0; user < UserCount(); ++user)
        {
            loads[user].packetBytes = m_plan->users[user].packetBytes;
        }
    }
    for (int user = 0; user < UserCount(); ++user)
    {
        if (!m_plan->users[user].udp)
        {
            m_users[user].tcp = static_cast<int>(m_tcp.size());
            m_tcp.emplace_back();
        }
    }
    Begin(0);
}

void
MultiAccess::Begin(std::uint64_t seed)
{
    m_tick = 0;
    std::vector<double> phases;
    for (int slice = 0; slice < m_plan->sliceCount; ++slice)
    {
        phases.push_back(Stream(seed, Purpose::SWING, slice).Uniform() * TURN);
    }
    std::vector<Place> places;
    for (int k = 0; k < UserCount(); ++k)
    {
        auto& user = m_users[k];
        const auto& plan = m_plan->users[k];
        user.walker.Place(m_plan->walk, seed, k);
        user.udp.Begin(plan.traffic, seed, k, phases[plan.slice]);
        user.tunnel.Begin();
        user.balancer = Balancer();
        user.meter.Begin(seed, k);
        user.prioritized = {};
        if (user.tcp >= 0)
        {
            m_tcp[user.tcp].Begin(plan.packetBytes, seed, k);
        }
        places.push_back(user.walker.At());
        SetShares(k, ALL_WIFI.data());
    }
    m_wifi.Begin(m_plan->wifi, places);
    m_nr.Begin(m_plan->nr, places, seed);
    m_lte.Begin(m_plan->lte, places, seed);
    Walk(m_plan->startMs * 1e-3);
}

void
MultiAccess::Walk(double seconds)
{
    std::vector<Place> places;
    std::vector<double> moved;
    for (auto& user : m_users)
    {
        const Place before = user.walker.At();
        user.walker.Walk(m_plan->walk, seconds);
        places.push_back(user.walker.At());
        moved.push_back(Distance(before, places.back()));
    }
    m_wifi.Move(m_plan->wifi, places);
    m_nr.Move(m_plan->nr, places, moved);
    m_lte.Move(m_plan->lte, places);
}

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
