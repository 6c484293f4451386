// SPDX-License-Identifier: GPL-2.0-only
// Wi-Fi cells that can be put to sleep, woken and turned up or down while they run.
#pragma once
#include "bridge/settings.h"
#include "energy/cell_power.h"
#include "radio/wifi_access.h"

#include <ns3/event-id.h>
#include <ns3/wifi-phy-state.h>

#include <vector>

namespace netgym
{

/// Level 0 is sleep; level k transmits with the k-th entry of tx_power_levels_dbm.
class PowerCells
{
  public:
    /// Every cell starts awake at the last level.
    PowerCells(const Settings& settings, WifiAccess& access);

    int Count() const
    {
        return static_cast<int>(m_cells.size());
    }

    int TopLevel() const
    {
        return static_cast<int>(m_levelsDbm.size());
    }

    /// Requests a level. Down to 0: the users move at once and the radio sleeps sleep_after_ms
    /// later. Up from 0: full supply power at once, the radio is back wake_up_ms later. A later
    /// request replaces a pending one.
    void RequestLevel(int cell, int level);

    int RequestedLevel(int cell) const
    {
        return m_cells[cell].requested;
    }

    /// The current level: 0 while the radio is off, waking included.
    int Level(int cell) const
    {
        return m_cells[cell].radioOn ? m_cells[cell].level : 0;
    }

    /// Transmit power, dBm; NO_POWER_DBM while the radio is off.
    double TxPowerDbm(int cell) const;

    CellPower& Power(int cell)
    {
        return m_cells[cell].power;
    }

    static constexpr double NO_POWER_DBM = -100;

  private:
    struct Cell
    {
        explicit Cell(const PowerModel& model)
            : power(model)
        {
        }

        CellPower power;
        int requested{0};
        int level{0}; ///< of the transmitter
        bool radioOn{true};
        ns3::EventId change;
    };

    void Transmit(int cell, int level);
    void FallAsleep(int cell);
    void WakeUp(int cell);
    void StateChanged(int cell, ns3::Time start, ns3::Time duration, ns3::WifiPhyState state);

    WifiAccess& m_access;
    std::vector<double> m_levelsDbm;
    ns3::Time m_sleepAfter;
    ns3::Time m_wakeUp;
    std::vector<Cell> m_cells;
};

} // namespace netgym
