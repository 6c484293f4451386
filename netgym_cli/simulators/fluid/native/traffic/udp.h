// SPDX-License-Identifier: Apache-2.0
// UDP at a rate that is drawn once: evenly spaced packets or a Poisson process, steady or swinging.
#pragma once
#include "bridge/random.h"

namespace fluid
{

struct UdpPlan
{
    double payloadBytes{0};
    double packetBytes{0}; ///< with UDP and IP headers
    double minMbps{0};
    double maxMbps{0};
    bool poisson{false};
    double swing{0}; ///< amplitude of a sine on the rate, as a share of it
    double periodMs{1};
};

class Udp
{
  public:
    /// @param phaseRad of the sine, the same for all users of a slice
    void Begin(const UdpPlan& plan, std::uint64_t seed, int user, double phaseRad);

    /// Sends at a rate that is known instead of the one that was drawn.
    void SetRate(const UdpPlan& plan, double mbps)
    {
        m_packetsPerMs = mbps * 1e3 / 8 / plan.payloadBytes;
    }

    /// Bytes of IP packets that are sent in the tick that ends at a simulated time.
    double Send(const UdpPlan& plan, double nowMs, double tickMs);

  private:
    double m_packetsPerMs{0};
    double m_phaseRad{0};
    Stream m_stream;
};

} // namespace fluid
