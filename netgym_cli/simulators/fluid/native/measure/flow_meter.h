// SPDX-License-Identifier: Apache-2.0
// What an interval measured of one user's flow and of its links; docs/nqos_split.md has the
// meanings.
#pragma once
#include "measure/grain.h"
#include "tunnel/links.h"
#include "tunnel/tunnel.h"

#include <array>
#include <cstdint>

namespace fluid
{

/// The quality of service that a flow has to offer.
struct QosTarget
{
    std::array<double, 3>
        thresholdsS{};   ///< a packet above the first is late; the others are diagnostic
    double lateShare{0}; ///< largest share of late packets
    double lossShare{0};
};

class FlowMeter
{
  public:
    struct Measured
    {
        double rateMbps{0}, txMbps{0}, owdMs{0}, maxOwdMs{0};
    };

    void Begin(std::uint64_t seed, int user);
    /// Takes down what the tunnel has counted in an interval.
    void Close(const Tunnel& tunnel,
               const QosTarget& target,
               double packetBytes,
               double intervalMs,
               double nowS);

    Measured flow;
    std::array<Measured, LINKS> links;
    std::array<double, LINKS> trafficPercent{};
    std::array<double, 3> latePercent{};
    double lossPercent{0};
    bool qosMet{true};

  private:
    std::array<Grain, LINKS> m_sent, m_arrived;
    std::array<Grain, 3> m_late;
    Grain m_delivered, m_lost;
};

} // namespace fluid
