// SPDX-License-Identifier: Apache-2.0
// Whole packets out of a fluid: what an interval counts jumps by packets, as it does where packets
// are real.
#pragma once
#include <cmath>

namespace fluid
{

class Grain
{
  public:
    /// @param begun part of a packet that was there already, in [0, 1)
    void Begin(double begun)
    {
        m_rest = begun;
    }

    /// Packets that are completed by further bytes.
    double Whole(double bytes, double packetBytes)
    {
        m_rest += bytes / packetBytes;
        const double whole = std::floor(m_rest);
        m_rest -= whole;
        return whole;
    }

  private:
    double m_rest{0};
};

} // namespace fluid
