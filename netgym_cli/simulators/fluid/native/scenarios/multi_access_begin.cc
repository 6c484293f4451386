// SPDX-License-Identifier: Apache-2.0
// How a session of the multi-access network begins, and how its users move.
#include "bridge/purposes.h"
#include "scenarios/multi_access.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

constexpr int PLACE_NUMBERS = 5; // x, y, mean NR rate, phase of the load and UDP rate
constexpr int PLACED_STEPS = 2;  // after which users were where they were measured first
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
        if (!m_places.empty())
        {
            user.walker.Put(m_places[PLACE_NUMBERS * k], m_places[PLACE_NUMBERS * k + 1]);
        }
        double phase = phases[plan.slice];
        if (!m_places.empty() && !std::isnan(m_places[PLACE_NUMBERS * k + 3]))
        {
            phase = m_places[PLACE_NUMBERS * k + 3];
        }
        user.udp.Begin(plan.traffic, seed, k, phase);
        if (!m_places.empty() && !std::isnan(m_places[PLACE_NUMBERS * k + 4]))
        {
            user.udp.SetRate(plan.traffic, m_places[PLACE_NUMBERS * k + 4]);
        }
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
    if (m_places.empty())
    {
        Walk(m_plan->startMs * 1e-3);
        return;
    }
    for (int k = 0; k < UserCount() && m_plan->exists[NR]; ++k)
    {
        if (!std::isnan(m_places[PLACE_NUMBERS * k + 2]))
        {
            m_nr.SetMeanSinr(k, m_plan->nr.SinrOfMeanRate(m_places[PLACE_NUMBERS * k + 2]));
        }
    }
}

void
MultiAccess::PlaceUsers(const std::vector<double>& users)
{
    m_places.assign(users.begin(),
                    users.begin() + std::min(users.size(), PLACE_NUMBERS * m_users.size()));
    if (m_places.size() < PLACE_NUMBERS * m_users.size())
    {
        m_places.clear();
    }
}

void
MultiAccess::Lead()
{
    Walk(m_plan->leadTicks * m_plan->tickMs * 1e-3);
    for (long tick = 0; tick < m_plan->leadTicks; ++tick)
    {
        Tick();
    }
}

void
MultiAccess::Walk(double seconds)
{
    const long step = m_plan->guardTicks + m_plan->intervalTicks;
    const long placedTicks = m_plan->leadTicks + (m_plan->leadSteps + PLACED_STEPS) * step;
    if (!m_places.empty() && m_tick < placedTicks)
    {
        return;
    }
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

} // namespace fluid
