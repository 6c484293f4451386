// SPDX-License-Identifier: Apache-2.0
// What a small cell draws, after EARTH: G. Auer et al., "How much energy is needed to run a
// wireless network?", IEEE Wireless Communications 18(5), 2011, equation (1).
#pragma once
#include "bridge/settings.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace fluid
{

struct PowerModel
{
    explicit PowerModel(const Settings& settings)
        : chains(settings.Number("power.n_trx")),
          zeroLoadW(settings.Number("power.p0_w")),
          slope(settings.Number("power.delta_p")),
          sleepW(settings.Number("power.p_sleep_w"))
    {
    }

    double chains;    ///< N_TRX
    double zeroLoadW; ///< P_0, drawn by an active chain that transmits nothing
    double slope;     ///< Delta_p, W drawn per W transmitted
    double sleepW;    ///< P_sleep
};

/// The meter of one cell, which begins awake.
class CellPower
{
  public:
    void SetAsleep(const PowerModel& model, bool asleep, std::int64_t nowNs)
    {
        CountSupply(model, nowNs);
        m_asleep = asleep;
    }

    void SetOutputDbm(double dbm)
    {
        m_outputW = std::pow(10, dbm / 10 - 3);
    }

    /// A transmission begins now.
    void Transmit(std::int64_t durationNs, std::int64_t nowNs)
    {
        m_transmitW = m_outputW;
        m_transmitUntilNs = nowNs + durationNs;
        m_transmitNs += durationNs;
        m_radiatedJ += static_cast<double>(durationNs) * 1e-9 * m_transmitW;
    }

    void Begin(std::int64_t nowNs)
    {
        m_countedUntilNs = nowNs;
        m_supplyJ = 0;
        m_transmitNs = LeftNs(nowNs);
        m_radiatedJ = static_cast<double>(m_transmitNs) * 1e-9 * m_transmitW;
    }

    void End(const PowerModel& model, std::int64_t nowNs)
    {
        CountSupply(model, nowNs);
        m_transmitNs -= LeftNs(nowNs);
        m_radiatedJ -= static_cast<double>(LeftNs(nowNs)) * 1e-9 * m_transmitW;
    }

    /// Drawn between Begin and End.
    double EnergyJ(const PowerModel& model) const
    {
        return m_supplyJ + model.chains * model.slope * m_radiatedJ;
    }

    double TransmitMs() const
    {
        return static_cast<double>(m_transmitNs) * 1e-6;
    }

  private:
    /// Of the transmission under way.
    std::int64_t LeftNs(std::int64_t nowNs) const
    {
        return std::max<std::int64_t>(m_transmitUntilNs - nowNs, 0);
    }

    void CountSupply(const PowerModel& model, std::int64_t nowNs)
    {
        const double seconds = static_cast<double>(nowNs - m_countedUntilNs) * 1e-9;
        m_supplyJ += seconds * model.chains * (m_asleep ? model.sleepW : model.zeroLoadW);
        m_countedUntilNs = nowNs;
    }

    bool m_asleep{false};
    double m_outputW{0};
    double m_transmitW{0};
    std::int64_t m_transmitUntilNs{0};
    std::int64_t m_countedUntilNs{0};
    double m_supplyJ{0};
    std::int64_t m_transmitNs{0};
    double m_radiatedJ{0};
};

} // namespace fluid
