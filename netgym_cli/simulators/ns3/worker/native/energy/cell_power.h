// SPDX-License-Identifier: GPL-2.0-only
// The power that a small cell draws: the EARTH model, fed with the radio's actual transmissions.
//
// G. Auer et al., "How much energy is needed to run a wireless network?", IEEE Wireless
// Communications 18(5), 2011: P_in = N_TRX (P_0 + slope P_out) while active, N_TRX P_sleep asleep.
// P_out is the instantaneous output power: the transmit power during a transmission and 0 between
// transmissions.
#pragma once
#include "bridge/settings.h"

#include <ns3/nstime.h>

namespace netgym
{

struct PowerModel
{
    double chains;    ///< N_TRX, radio chains
    double zeroLoadW; ///< P_0, drawn by an active chain that transmits nothing
    double slope;     ///< Delta_p, W drawn per W transmitted
    double sleepW;    ///< P_sleep

    /// Reads power.n_trx, p0_w, delta_p and p_sleep_w.
    explicit PowerModel(const Settings& settings);
};

/// The energy meter of a cell, which starts awake.
class CellPower
{
  public:
    explicit CellPower(const PowerModel& model)
        : m_model(model)
    {
    }

    void SetAsleep(bool asleep);
    /// Power of future transmissions, dBm.
    void SetOutputDbm(double dbm);
    /// A transmission begins now.
    void StartTransmission(ns3::Time duration);

    void BeginInterval();
    void EndInterval();

    /// Energy drawn between the last BeginInterval and EndInterval, J.
    double EnergyJ() const
    {
        return m_supplyJ + TransmitJ();
    }

    /// Time spent transmitting between them, s.
    double TransmitS() const
    {
        return m_transmitS;
    }

  private:
    double TransmitJ() const;
    double RemainingS() const; ///< rest of the running transmission, s
    void UpdateSupply();

    PowerModel m_model;
    bool m_asleep{false};
    double m_outputW{0};
    double m_runningW{0};    ///< output power of the last transmission
    ns3::Time m_runningEnd;  ///< its end
    ns3::Time m_supplyUntil; ///< until when m_supplyJ counts
    double m_supplyJ{0};     ///< without transmissions
    double m_transmitS{0};
    double m_radiatedJ{0};
};

} // namespace netgym
