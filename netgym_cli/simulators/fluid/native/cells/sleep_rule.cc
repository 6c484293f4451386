// SPDX-License-Identifier: Apache-2.0
#include "cells/sleep_rule.h"

#include <algorithm>

namespace fluid
{

namespace
{

int
CellCount(const CellsPlan& plan)
{
    return static_cast<int>(plan.radio.sites.size());
}

bool
IsWaking(const SmallCells& cells, int cell)
{
    return cells.Ordered(cell) > 0 && cells.Level(cell) == 0;
}

bool
SomeWake(const CellsPlan& plan, const SmallCells& cells)
{
    for (int cell = 0; cell < CellCount(plan); ++cell)
    {
        if (IsWaking(cells, cell))
        {
            return true;
        }
    }
    return false;
}

/// Wakes the cell nearest to a place among those that are ordered to sleep; whether there is one.
bool
WakeNear(const CellsPlan& plan, SmallCells& cells, const Place& place)
{
    int nearest = -1;
    for (int cell = 0; cell < CellCount(plan); ++cell)
    {
        const auto& sites = plan.radio.sites;
        if (cells.Ordered(cell) == 0 &&
            (nearest < 0 || Distance(place, sites[cell]) < Distance(place, sites[nearest])))
        {
            nearest = cell;
        }
    }
    if (nearest >= 0)
    {
        cells.Order(plan, nearest, static_cast<int>(plan.radio.levelsDbm.size()));
    }
    return nearest >= 0;
}

} // namespace

SleepRule::SleepRule(const Settings& settings)
    : m_sleepBelowPct(settings.Number("default_algorithm.sleep_below_pct")),
      m_wakeAbovePct(settings.Number("default_algorithm.wake_above_pct")),
      m_minNeighbourSnrDb(settings.Number("default_algorithm.min_neighbour_snr_db"))
{
}

void
SleepRule::Decide(const CellsPlan& plan,
                  SmallCells& cells,
                  const std::vector<double>& airtimesPct) const
{
    if (Wake(plan, cells, airtimesPct) || SomeWake(plan, cells))
    {
        return;
    }
    int idlest = -1;
    for (int cell = 0; cell < CellCount(plan); ++cell)
    {
        if (cells.Ordered(cell) > 0 && airtimesPct[cell] < m_sleepBelowPct &&
            (idlest < 0 || airtimesPct[cell] < airtimesPct[idlest]) && MaySleep(plan, cells, cell))
        {
            idlest = cell;
        }
    }
    if (idlest >= 0)
    {
        cells.Order(plan, idlest, 0);
    }
}

/// A busy cell wakes a neighbour, a user without any cell the one nearest to it; whether any was
/// woken.
bool
SleepRule::Wake(const CellsPlan& plan,
                SmallCells& cells,
                const std::vector<double>& airtimesPct) const
{
    bool woken = false;
    bool under = SomeWake(plan, cells);
    for (int user = 0; user < plan.users && !under; ++user)
    {
        if (cells.BestSignalDb(user, -1) <= SmallCells::OUT_OF_REACH_DB)
        {
            woken = under = WakeNear(plan, cells, cells.At(user));
        }
    }
    for (int cell = 0; cell < CellCount(plan); ++cell)
    {
        if (airtimesPct[cell] > m_wakeAbovePct)
        {
            woken = WakeNear(plan, cells, plan.radio.sites[cell]) || woken;
        }
    }
    return woken;
}

/// Another cell must be awake, and others must reach all of the cell's users well enough.
bool
SleepRule::MaySleep(const CellsPlan& plan, const SmallCells& cells, int cell) const
{
    bool another = false;
    for (int other = 0; other < CellCount(plan); ++other)
    {
        another = another || (other != cell && cells.Level(other) > 0 && cells.Ordered(other) > 0);
    }
    for (int user = 0; user < plan.users && another; ++user)
    {
        another = cells.ServingCell(user) != cell ||
                  cells.BestSignalDb(user, cell) >= m_minNeighbourSnrDb;
    }
    return another;
}

} // namespace fluid
