// SPDX-License-Identifier: Apache-2.0
// How small cells fall asleep, wake and change their power.
#include "cells/small_cells.h"

namespace fluid
{

namespace
{

constexpr std::int64_t RETRY_SLEEP_NS = 1'000'000; // while frames are queued or under way

} // namespace

void
SmallCells::Order(const CellsPlan& plan, int cell, int level)
{
    Cell& c = m_cells[cell];
    const bool wasAwake = c.ordered > 0;
    c.ordered = level;
    if (wasAwake == (level > 0))
    {
        if (c.radioOn && level > 0)
        {
            Transmit(plan, cell, level);
        }
        return;
    }
    const std::uint32_t order = ++c.orderPlan;
    if (level == 0 && c.radioOn)
    {
        SetOpen(plan, cell, false);
        Plan(NowNs() + plan.sleepAfterNs, What::SLEEP, cell, 0, order);
    }
    else if (level == 0)
    {
        c.power.SetAsleep(plan.power, true, NowNs());
    }
    else if (c.radioOn)
    {
        if (!c.beaconing)
        {
            StartBeacons(cell, NowNs());
        }
        SetOpen(plan, cell, true);
        Transmit(plan, cell, level);
    }
    else
    {
        c.power.SetAsleep(plan.power, false, NowNs());
        Plan(NowNs() + plan.wakeUpNs, What::WAKE, cell, 0, order);
    }
}

void
SmallCells::Transmit(const CellsPlan& plan, int cell, int level)
{
    m_cells[cell].level = level;
    m_cells[cell].power.SetOutputDbm(plan.radio.levelsDbm[level - 1]);
}

void
SmallCells::FallAsleep(const CellsPlan& plan, int cell)
{
    Cell& c = m_cells[cell];
    c.beaconing = false;
    if (c.busy || !c.queue.Empty())
    {
        return Plan(NowNs() + RETRY_SLEEP_NS, What::SLEEP, cell, 0, c.orderPlan);
    }
    c.radioOn = false;
    c.power.SetAsleep(plan.power, true, NowNs());
}

void
SmallCells::WakeUp(const CellsPlan& plan, int cell)
{
    m_cells[cell].radioOn = true;
    Transmit(plan, cell, m_cells[cell].ordered);
    StartBeacons(cell, NowNs());
    SetOpen(plan, cell, true);
    AskForAccess(cell);
}

void
SmallCells::SetOpen(const CellsPlan& plan, int cell, bool open)
{
    m_cells[cell].open = open;
    if (!open)
    {
        ChooseCells(plan);
    }
}

} // namespace fluid
