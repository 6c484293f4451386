// SPDX-License-Identifier: GPL-2.0-only
#include "energy/cell_power.h"

#include <ns3/simulator.h>

#include <algorithm>
#include <cmath>

namespace netgym
{

using namespace ns3;

PowerModel::PowerModel(const Settings& settings)
    : chains(settings.Number("power.n_trx")),
      zeroLoadW(settings.Number("power.p0_w")),
      slope(settings.Number("power.delta_p")),
      sleepW(settings.Number("power.p_sleep_w"))
{
}

void
CellPower::UpdateSupply()
{
    const double seconds = (Simulator::Now() - m_supplyUntil).GetSeconds();
    m_supplyJ += seconds * m_model.chains * (m_asleep ? m_model.sleepW : m_model.zeroLoadW);
    m_supplyUntil = Simulator::Now();
}

void
CellPower::SetAsleep(bool asleep)
{
    UpdateSupply();
    m_asleep = asleep;
}

void
CellPower::SetOutputDbm(double dbm)
{
    m_outputW = std::pow(10, dbm / 10 - 3);
}

void
CellPower::StartTransmission(Time duration)
{
    m_runningW = m_outputW;
    m_runningEnd = Simulator::Now() + duration;
    m_transmitS += duration.GetSeconds();
    m_radiatedJ += duration.GetSeconds() * m_runningW;
}

double
CellPower::RemainingS() const
{
    return std::max(0.0, (m_runningEnd - Simulator::Now()).GetSeconds());
}

double
CellPower::TransmitJ() const
{
    return m_model.chains * m_model.slope * m_radiatedJ;
}

void
CellPower::BeginInterval()
{
    m_supplyUntil = Simulator::Now();
    m_supplyJ = 0;
    m_transmitS = RemainingS();
    m_radiatedJ = m_transmitS * m_runningW;
}

void
CellPower::EndInterval()
{
    UpdateSupply();
    m_transmitS -= RemainingS();
    m_radiatedJ -= RemainingS() * m_runningW;
}

} // namespace netgym
