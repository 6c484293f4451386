// SPDX-License-Identifier: Apache-2.0
#include "cells/small_cells.h"

#include "bridge/purposes.h"

#include <algorithm>

namespace fluid
{

namespace
{

constexpr std::int64_t MOVE_NS = 100'000'000; // how often positions and path losses are computed
// The wire between server and cell: 10 us and 10 Gbit/s.
constexpr std::int64_t WIRE_NS = 10'000;
constexpr double WIRE_NS_PER_BYTE = 0.8;
constexpr double WIRE_HEADER_BYTES = 30;       // UDP, IP, PPP
constexpr double FIRST_PACKETS_WITHIN_MS = 20; // users' packets do not come in lockstep

} // namespace

CellsPlan::CellsPlan(const Settings& settings, const Settings& calibration)
    : radio(settings, calibration),
      power(settings),
      flow(settings),
      walk(settings),
      users(settings.Integer("num_users")),
      phaseSpread(settings.Number("traffic.phase_spread")),
      trafficNs(ToNs(settings.Number("measurement_start_time_ms") / 2)),
      sleepAfterNs(ToNs(settings.Number("power.sleep_after_ms"))),
      wakeUpNs(ToNs(settings.Number("power.wake_up_ms")))
{
}

void
SmallCells::Start(const CellsPlan& plan, std::uint64_t seed)
{
    m_events.Clear();
    m_movedNs = 0;
    m_cells.assign(plan.radio.sites.size(), Cell());
    m_users.resize(static_cast<std::size_t>(plan.users));
    m_snrDb.assign(m_users.size(), 0);
    const double common = Stream(seed, Purpose::SWING).Uniform();
    for (int user = 0; user < plan.users; ++user)
    {
        User& u = m_users[user];
        Stream stream(seed, Purpose::TRAFFIC, static_cast<std::uint64_t>(user));
        u.walker.Place(plan.walk, seed, user);
        u.serving = Nearest(u.walker.At(), plan.radio.sites);
        u.beacons.assign(m_cells.size(), Beacon());
        u.flow.Start(common + plan.phaseSpread * stream.Uniform());
        Plan(plan.trafficNs + ToNs(stream.Uniform(0, FIRST_PACKETS_WITHIN_MS)),
             What::BURST,
             0,
             user);
    }
    for (int cell = 0; cell < static_cast<int>(m_cells.size()); ++cell)
    {
        Stream stream(seed, Purpose::RADIO, static_cast<std::uint64_t>(cell));
        const double beginsAt = stream.Uniform();
        m_cells[cell].queue.Start(plan.users, stream);
        m_cells[cell].lossDb.resize(m_users.size());
        m_cells[cell].ordered = static_cast<int>(plan.radio.levelsDbm.size());
        Transmit(plan, cell, m_cells[cell].ordered);
        StartBeacons(cell, static_cast<std::int64_t>(beginsAt * RadioPlan::BEACON_NS));
    }
    MoveUsers(plan);
    Plan(MOVE_NS, What::MOVE, 0);
    Plan(plan.radio.compareNs, What::COMPARE, 0);
    BeginInterval();
}

void
SmallCells::RunUntil(const CellsPlan& plan, std::int64_t endNs)
{
    while (m_events.Due(endNs))
    {
        Happened(plan, m_events.Next());
    }
    m_events.AdvanceTo(endNs);
}

void
SmallCells::Happened(const CellsPlan& plan, const Happening& event)
{
    Cell& cell = m_cells[event.cell];
    switch (event.what)
    {
    case What::MOVE:
        MoveUsers(plan);
        return Plan(NowNs() + MOVE_NS, What::MOVE, 0);
    case What::COMPARE:
        ChooseCells(plan);
        return Plan(NowNs() + plan.radio.compareNs, What::COMPARE, 0);
    case What::BURST:
        return SendBurst(plan, event.user);
    case What::FIRST_PACKET:
        return EnterQueue(plan, event.cell, event.user, event.tag, 1);
    case What::MORE_PACKETS:
        return EnterQueue(plan, event.cell, event.user, event.tag, plan.flow.burstPackets - 1);
    case What::BEACON:
        return event.tag == cell.beaconPlan && cell.beaconing ? SendBeacon(plan, event.cell)
                                                              : void();
    case What::BEACON_HEARD:
        return HearBeacon(plan, event.cell);
    case What::ACCESS:
        return BeginExchange(plan, event.cell);
    case What::END:
        return EndExchange(plan, event.cell);
    case What::SLEEP:
        return event.tag == cell.orderPlan ? FallAsleep(plan, event.cell) : void();
    case What::WAKE:
        return event.tag == cell.orderPlan ? WakeUp(plan, event.cell) : void();
    }
}

void
SmallCells::BeginInterval()
{
    for (auto& cell : m_cells)
    {
        cell.power.Begin(NowNs());
    }
    for (auto& user : m_users)
    {
        user.flow.BeginInterval();
    }
}

void
SmallCells::EndInterval(const CellsPlan& plan)
{
    MoveUsers(plan);
    for (auto& cell : m_cells)
    {
        Deliver(plan, cell);
        cell.power.End(plan.power, NowNs());
    }
    for (auto& user : m_users)
    {
        user.flow.EndInterval(plan.flow, NowNs());
    }
}

void
SmallCells::MoveUsers(const CellsPlan& plan)
{
    const double seconds = static_cast<double>(NowNs() - m_movedNs) * 1e-9;
    m_movedNs = NowNs();
    for (std::size_t user = 0; user < m_users.size(); ++user)
    {
        m_users[user].walker.Walk(plan.walk, seconds);
        for (std::size_t cell = 0; cell < m_cells.size(); ++cell)
        {
            const double distanceM = Distance(m_users[user].walker.At(), plan.radio.sites[cell]);
            m_cells[cell].lossDb[user] = plan.radio.SnrDb(0, distanceM);
        }
    }
}

void
SmallCells::SendBurst(const CellsPlan& plan, int user)
{
    User& u = m_users[user];
    const std::uint32_t first = u.flow.SendBurst(plan.flow, NowNs());
    if (InReach(user))
    {
        const double packetNs = (plan.flow.packetBytes + WIRE_HEADER_BYTES) * WIRE_NS_PER_BYTE;
        const auto atNs =
            NowNs() + plan.radio.backhaulNs + WIRE_NS + static_cast<std::int64_t>(packetNs);
        Plan(atNs, What::FIRST_PACKET, u.serving, user, first);
        if (plan.flow.burstPackets > 1)
        {
            Plan(atNs + static_cast<std::int64_t>(packetNs),
                 What::MORE_PACKETS,
                 u.serving,
                 user,
                 first + 1);
        }
    }
    Plan(NowNs() + u.flow.GapNs(plan.flow, NowNs()), What::BURST, 0, user);
}

void
SmallCells::EnterQueue(const CellsPlan& plan, int cell, int user, std::uint32_t first, int packets)
{
    Cell& c = m_cells[cell];
    const bool idle = c.queue.Empty() && !c.busy && !c.waiting && c.radioOn;
    for (int k = 0; k < packets; ++k)
    {
        c.queue.Enter(plan.radio, user, first + static_cast<std::uint32_t>(k), NowNs());
    }
    if (idle && packets == 1 && c.queue.AccessNs(NowNs()) < NowNs() + RadioPlan::SLOT_NS)
    {
        // The channel has long been idle: the first packet of a burst goes alone, before the others
        // come.
        return BeginExchange(plan, cell);
    }
    AskForAccess(cell);
}

void
SmallCells::AskForAccess(int cell)
{
    Cell& c = m_cells[cell];
    if (!c.busy && !c.waiting && !c.queue.Empty() && c.radioOn)
    {
        c.waiting = true;
        Plan(c.queue.AccessNs(NowNs()), What::ACCESS, cell);
    }
}

void
SmallCells::BeginExchange(const CellsPlan& plan, int cell)
{
    Cell& c = m_cells[cell];
    c.waiting = false;
    if (const std::int64_t freeNs = c.queue.AccessNs(NowNs());
        freeNs > NowNs() + RadioPlan::SLOT_NS)
    {
        return AskForAccess(cell); // a beacon has come in between
    }
    for (std::size_t user = 0; user < m_users.size(); ++user)
    {
        m_snrDb[user] = plan.radio.levelsDbm[c.level - 1] + c.lossDb[user];
    }
    c.exchange = c.queue.Begin(plan.radio, m_snrDb, NowNs());
    if (c.exchange.user >= 0)
    {
        c.busy = true;
        c.power.Transmit(c.exchange.ppduNs + c.exchange.extraNs, NowNs());
        Plan(c.exchange.endsNs, What::END, cell);
    }
}

void
SmallCells::EndExchange(const CellsPlan& plan, int cell)
{
    Cell& c = m_cells[cell];
    Deliver(plan, c);
    c.busy = false;
    AskForAccess(cell);
}

void
SmallCells::Deliver(const CellsPlan& plan, Cell& cell)
{
    if (!cell.busy)
    {
        return;
    }
    m_deliveries.clear();
    cell.queue.Release(cell.exchange, NowNs(), m_deliveries);
    for (const auto& delivery : m_deliveries)
    {
        m_users[cell.exchange.user].flow.Received(plan.flow, delivery.number, delivery.atNs);
    }
}

} // namespace fluid
