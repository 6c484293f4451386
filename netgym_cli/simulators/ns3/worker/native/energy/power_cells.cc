// SPDX-License-Identifier: GPL-2.0-only
#include "energy/power_cells.h"

#include "bridge/duration.h"

#include <ns3/boolean.h>
#include <ns3/frame-exchange-manager.h>
#include <ns3/simulator.h>
#include <ns3/uinteger.h>
#include <ns3/wifi-mac-queue.h>
#include <ns3/wifi-mac.h>
#include <ns3/wifi-phy.h>

namespace netgym
{

using namespace ns3;

namespace
{

const Time RETRY_SLEEP = MilliSeconds(1);

/// Nothing queued and no frame exchange in progress: ns-3 aborts when a PHY falls asleep during
/// one.
bool
IsIdle(const WifiNetDevice& device)
{
    auto mac = device.GetMac();
    for (const auto category : {AC_BE, AC_BK, AC_VI, AC_VO, AC_BEACON})
    {
        auto queue = mac->GetTxopQueue(category);
        if (queue)
        {
            queue->WipeAllExpiredMpdus();
            if (queue->GetNPackets() > 0)
            {
                return false;
            }
        }
    }
    auto phy = device.GetPhy();
    return !phy->IsStateTx() && !phy->IsStateRx() &&
           !mac->GetFrameExchangeManager()->GetWifiTxTimer().IsRunning();
}

} // namespace

PowerCells::PowerCells(const Settings& settings, WifiAccess& access)
    : m_access(access),
      m_levelsDbm(settings.Numbers("tx_power_levels_dbm")),
      m_sleepAfter(DurationOfMs(settings.Number("power.sleep_after_ms"))),
      m_wakeUp(DurationOfMs(settings.Number("power.wake_up_ms")))
{
    const PowerModel model(settings);
    for (int cell = 0; cell < access.CellCount(); ++cell)
    {
        m_cells.emplace_back(model);
        m_cells[cell].requested = TopLevel();
        Transmit(cell, TopLevel());
        access.AccessPoint(cell)->GetPhy()->GetState()->TraceConnectWithoutContext(
            "State",
            MakeCallback(&PowerCells::StateChanged, this).Bind(cell));
        for (std::uint32_t user = 0; user < access.Stations(cell).GetN(); ++user)
        {
            // A sleeping cell keeps its users' associations; whether it reaches them shows in
            // recent beacons.
            auto mac = DynamicCast<WifiNetDevice>(access.Stations(cell).Get(user))->GetMac();
            mac->SetAttribute("MaxMissedBeacons", UintegerValue(1'000'000));
        }
    }
}

void
PowerCells::RequestLevel(int cell, int level)
{
    Cell& c = m_cells[cell];
    const bool sameEnd = (c.requested == 0) == (level == 0);
    c.requested = level;
    if (sameEnd)
    {
        if (c.radioOn && level > 0)
        {
            Transmit(cell, level);
        }
        return;
    }
    c.change.Cancel();
    if (level == 0 && c.radioOn)
    {
        m_access.SetOpen(cell, false);
        c.change = Simulator::Schedule(m_sleepAfter, &PowerCells::FallAsleep, this, cell);
    }
    else if (level == 0)
    {
        c.power.SetAsleep(true);
    }
    else if (c.radioOn)
    {
        m_access.AccessPoint(cell)->GetMac()->SetAttribute("BeaconGeneration", BooleanValue(true));
        m_access.SetOpen(cell, true);
        Transmit(cell, level);
    }
    else
    {
        c.power.SetAsleep(false);
        c.change = Simulator::Schedule(m_wakeUp, &PowerCells::WakeUp, this, cell);
    }
}

void
PowerCells::Transmit(int cell, int level)
{
    const double dbm = m_levelsDbm[level - 1];
    auto phy = m_access.AccessPoint(cell)->GetPhy();
    phy->SetTxPowerStart(dBm_u{dbm});
    phy->SetTxPowerEnd(dBm_u{dbm});
    m_cells[cell].power.SetOutputDbm(dbm);
    m_cells[cell].level = level;
}

void
PowerCells::FallAsleep(int cell)
{
    auto device = m_access.AccessPoint(cell);
    device->GetMac()->SetAttribute("BeaconGeneration", BooleanValue(false));
    if (!IsIdle(*device))
    {
        m_cells[cell].change =
            Simulator::Schedule(RETRY_SLEEP, &PowerCells::FallAsleep, this, cell);
        return;
    }
    device->GetPhy()->SetSleepMode(true);
    m_cells[cell].power.SetAsleep(true);
    m_cells[cell].radioOn = false;
}

void
PowerCells::WakeUp(int cell)
{
    auto device = m_access.AccessPoint(cell);
    device->GetPhy()->ResumeFromSleep();
    device->GetMac()->SetAttribute("BeaconGeneration", BooleanValue(true));
    m_cells[cell].radioOn = true;
    Transmit(cell, m_cells[cell].requested);
    m_access.SetOpen(cell, true);
}

double
PowerCells::TxPowerDbm(int cell) const
{
    return Level(cell) > 0 ? m_levelsDbm[Level(cell) - 1] : NO_POWER_DBM;
}

void
PowerCells::StateChanged(int cell, Time, Time duration, WifiPhyState state)
{
    if (state == WifiPhyState::TX)
    {
        m_cells[cell].power.StartTransmission(duration);
    }
}

} // namespace netgym
