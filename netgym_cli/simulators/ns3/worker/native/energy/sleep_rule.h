// SPDX-License-Identifier: GPL-2.0-only
// The default algorithm of energy saving: cells sleep when their neighbours can carry their users,
// and wake on load.
#pragma once
#include "energy/power_cells.h"

namespace netgym
{

/// Each decision changes little, so that its effect is seen before the next one.
///
/// Waking: a user without a cell wakes the sleeping cell nearest to it, and a cell whose airtime is
/// above wake_above_pct the sleeping cell nearest to the cell. Several cells may wake at once.
///
/// Sleeping: if no cell had to wake and none is waking, the awake cell with the least airtime goes
/// to sleep, if that airtime is below sleep_below_pct and another awake cell reaches each of its
/// users with min_neighbour_snr_db or more.
class SleepRule
{
  public:
    explicit SleepRule(const Settings& settings);

    /// Requests levels from the last interval's airtimes (percent, one per cell).
    void Decide(PowerCells& cells,
                const WifiAccess& access,
                const std::vector<double>& airtimesPct) const;

  private:
    bool WakeWhereNeeded(PowerCells& cells,
                         const WifiAccess& access,
                         const std::vector<double>& airtimesPct) const;
    bool UsersHaveNeighbours(int cell, const PowerCells& cells, const WifiAccess& access) const;

    double m_sleepBelowPct;
    double m_wakeAbovePct;
    double m_minNeighbourSnrDb;
};

/// Signal-to-noise ratio of the strongest cell that reaches the user, except `without`;
/// OUT_OF_REACH_DB if none does.
double BestSignalDb(const WifiAccess& access, int user, int without);

} // namespace netgym
