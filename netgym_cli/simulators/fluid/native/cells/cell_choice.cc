// SPDX-License-Identifier: Apache-2.0
// Beacons of small cells, and which cell a user chooses by them.
#include "cells/small_cells.h"

#include <algorithm>

namespace fluid
{

namespace
{

constexpr std::int64_t BEACON_LIFE_NS = 500'000'000; // a cell unheard for longer is out of reach
constexpr std::int64_t SCAN_NS = 120'000'000; // a station scans for this long before it associates
constexpr std::int64_t PIFS_NS = RadioPlan::SIFS_NS + RadioPlan::SLOT_NS;

} // namespace

void
SmallCells::StartBeacons(int cell, std::int64_t atNs)
{
    m_cells[cell].beaconing = true;
    Plan(atNs, What::BEACON, cell, 0, ++m_cells[cell].beaconPlan);
}

/// A beacon waits for the end of the exchange under way.
void
SmallCells::SendBeacon(const CellsPlan& plan, int cell)
{
    Cell& c = m_cells[cell];
    const std::int64_t beginsNs = c.busy ? c.exchange.endsNs + PIFS_NS : NowNs();
    c.queue.Busy(beginsNs + plan.radio.beaconNs);
    Plan(beginsNs, What::BEACON_HEARD, cell);
    Plan(NowNs() + RadioPlan::BEACON_NS, What::BEACON, cell, 0, c.beaconPlan);
}

void
SmallCells::HearBeacon(const CellsPlan& plan, int cell)
{
    Cell& c = m_cells[cell];
    if (!c.radioOn)
    {
        return;
    }
    c.power.Transmit(plan.radio.beaconNs, NowNs());
    for (std::size_t user = 0; user < m_users.size(); ++user)
    {
        Beacon& beacon = m_users[user].beacons[cell];
        const double snrDb = plan.radio.levelsDbm[c.level - 1] + c.lossDb[user];
        if (!plan.radio.Noticed(snrDb))
        {
            continue;
        }
        beacon.snrDb = snrDb;
        beacon.heardNs = NowNs();
        if (beacon.associatedNs < 0 && plan.radio.Noticed(plan.radio.userPowerDbm + c.lossDb[user]))
        {
            beacon.associatedNs = (NowNs() / SCAN_NS + 1) * SCAN_NS;
            c.queue.Learn(static_cast<int>(user), snrDb);
        }
    }
}

double
SmallCells::SignalDb(int user, int cell) const
{
    const Beacon& beacon = m_users[user].beacons[cell];
    const bool associated = beacon.associatedNs >= 0 && beacon.associatedNs <= NowNs();
    const bool fresh = beacon.heardNs >= 0 && NowNs() - beacon.heardNs <= BEACON_LIFE_NS;
    return m_cells[cell].open && associated && fresh ? beacon.snrDb : OUT_OF_REACH_DB;
}

double
SmallCells::BestSignalDb(int user, int without) const
{
    double best = OUT_OF_REACH_DB;
    for (int cell = 0; cell < static_cast<int>(m_cells.size()); ++cell)
    {
        best = cell == without ? best : std::max(best, SignalDb(user, cell));
    }
    return best;
}

/// The strongest beacon, if it is stronger than the serving cell's by the hysteresis.
void
SmallCells::ChooseCells(const CellsPlan& plan)
{
    for (int user = 0; user < plan.users; ++user)
    {
        int& serving = m_users[user].serving;
        double needed = SignalDb(user, serving) + plan.radio.hysteresisDb;
        for (int cell = 0; cell < static_cast<int>(m_cells.size()); ++cell)
        {
            if (SignalDb(user, cell) > needed)
            {
                needed = SignalDb(user, cell);
                serving = cell;
            }
        }
    }
}

} // namespace fluid
