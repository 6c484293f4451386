// SPDX-License-Identifier: Apache-2.0
// The default algorithm of energy saving: thresholds on airtime put cells to sleep and wake them.
#pragma once
#include "cells/small_cells.h"

#include <vector>

namespace fluid
{

/// One cell at a time, so that the effect is seen before the next decision (docs/energy_saving.md).
class SleepRule
{
  public:
    explicit SleepRule(const Settings& settings);

    /// Orders levels; `airtimesPct` has the last interval's share of time in which every cell
    /// transmitted, percent.
    void Decide(const CellsPlan& plan,
                SmallCells& cells,
                const std::vector<double>& airtimesPct) const;

  private:
    bool MaySleep(const CellsPlan& plan, const SmallCells& cells, int cell) const;
    bool Wake(const CellsPlan& plan,
              SmallCells& cells,
              const std::vector<double>& airtimesPct) const;

    double m_sleepBelowPct;
    double m_wakeAbovePct;
    double m_minNeighbourSnrDb;
};

} // namespace fluid
