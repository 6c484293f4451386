// SPDX-License-Identifier: GPL-2.0-only
#include "energy/sleep_rule.h"

#include <ns3/mobility-model.h>
#include <ns3/node.h>

#include <algorithm>

namespace netgym
{

using namespace ns3;

namespace
{

int
UsersOf(const WifiAccess& access)
{
    return static_cast<int>(access.Stations(0).GetN());
}

/// The cell nearest to `node` that was requested to sleep; -1 if none was.
int
NearestAsleep(const PowerCells& cells, const WifiAccess& access, Ptr<Node> node)
{
    auto place = node->GetObject<MobilityModel>();
    const auto distance = [&](int cell) {
        return place->GetDistanceFrom(
            access.AccessPoint(cell)->GetNode()->GetObject<MobilityModel>());
    };
    int nearest = -1;
    for (int cell = 0; cell < cells.Count(); ++cell)
    {
        if (cells.RequestedLevel(cell) == 0 && (nearest < 0 || distance(cell) < distance(nearest)))
        {
            nearest = cell;
        }
    }
    return nearest;
}

} // namespace

double
BestSignalDb(const WifiAccess& access, int user, int without)
{
    double best = WifiAccess::OUT_OF_REACH_DB;
    for (int cell = 0; cell < access.CellCount(); ++cell)
    {
        if (cell != without)
        {
            best = std::max(best, access.SignalDb(user, cell));
        }
    }
    return best;
}

SleepRule::SleepRule(const Settings& settings)
    : m_sleepBelowPct(settings.Number("default_algorithm.sleep_below_pct")),
      m_wakeAbovePct(settings.Number("default_algorithm.wake_above_pct")),
      m_minNeighbourSnrDb(settings.Number("default_algorithm.min_neighbour_snr_db"))
{
}

void
SleepRule::Decide(PowerCells& cells,
                  const WifiAccess& access,
                  const std::vector<double>& airtimesPct) const
{
    if (WakeWhereNeeded(cells, access, airtimesPct))
    {
        return;
    }
    int idlest = -1;
    for (int cell = 0; cell < cells.Count(); ++cell)
    {
        const bool waking = cells.RequestedLevel(cell) > 0 && cells.Level(cell) == 0;
        if (waking)
        {
            return;
        }
        const bool eligible = cells.RequestedLevel(cell) > 0 &&
                              airtimesPct[cell] < m_sleepBelowPct &&
                              UsersHaveNeighbours(cell, cells, access);
        if (eligible && (idlest < 0 || airtimesPct[cell] < airtimesPct[idlest]))
        {
            idlest = cell;
        }
    }
    if (idlest >= 0)
    {
        cells.RequestLevel(idlest, 0);
    }
}

bool
SleepRule::WakeWhereNeeded(PowerCells& cells,
                           const WifiAccess& access,
                           const std::vector<double>& airtimesPct) const
{
    bool needed = false;
    const auto wakeNear = [&](Ptr<Node> node) {
        const int asleep = NearestAsleep(cells, access, node);
        if (asleep >= 0)
        {
            cells.RequestLevel(asleep, cells.TopLevel());
            needed = true;
        }
    };
    bool waking = false;
    for (int cell = 0; cell < cells.Count(); ++cell)
    {
        waking = waking || (cells.RequestedLevel(cell) > 0 && cells.Level(cell) == 0);
    }
    for (int user = 0; user < UsersOf(access) && !waking && !needed; ++user)
    {
        if (BestSignalDb(access, user, -1) <= WifiAccess::OUT_OF_REACH_DB)
        {
            wakeNear(access.Stations(0).Get(user)->GetNode());
        }
    }
    for (int cell = 0; cell < cells.Count(); ++cell)
    {
        if (airtimesPct[cell] > m_wakeAbovePct)
        {
            wakeNear(access.AccessPoint(cell)->GetNode());
        }
    }
    return needed;
}

bool
SleepRule::UsersHaveNeighbours(int cell, const PowerCells& cells, const WifiAccess& access) const
{
    bool anotherAwake = false;
    for (int other = 0; other < cells.Count(); ++other)
    {
        anotherAwake = anotherAwake ||
                       (other != cell && cells.Level(other) > 0 && cells.RequestedLevel(other) > 0);
    }
    bool reached = anotherAwake;
    for (int user = 0; user < UsersOf(access); ++user)
    {
        const bool own = access.ServingCell(user) == cell;
        reached = reached && (!own || BestSignalDb(access, user, cell) >= m_minNeighbourSnrDb);
    }
    return reached;
}

} // namespace netgym
