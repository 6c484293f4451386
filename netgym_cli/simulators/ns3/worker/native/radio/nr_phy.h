// SPDX-License-Identifier: GPL-2.0-only
// NR link abstraction: modulation and coding schemes, transport block sizes, and the SINR each
// needs (3GPP TS 38.214).
#pragma once
#include <cstdint>
#include <vector>

namespace netgym
{

/// MCS table 2 (up to 256QAM) of TS 38.214, one layer, 12 data symbols per slot.
class NrPhy
{
  public:
    static constexpr int MCS_COUNT = 28;

    /// Precomputes transport block sizes for 1 to `resourceBlocks` blocks.
    explicit NrPhy(int resourceBlocks);

    /// Transport block size (TS 38.214, 5.1.3.2), bytes.
    std::uint32_t TransportBlockBytes(int mcs, int resourceBlocks) const
    {
        return m_bytes[mcs][resourceBlocks];
    }

    /// Fewest resource blocks that carry `bytes`, at most `limit`.
    int ResourceBlocksFor(int mcs, std::uint32_t bytes, int limit) const;
    /// Highest MCS whose threshold is at most `sinrDb`; 0 below all of them.
    static int McsFor(double sinrDb);
    /// SINR for 10 % block errors: Shannon's bound plus an implementation loss of 1 to 4 dB. An
    /// approximation, not measured link curves.
    static double ThresholdDb(int mcs);
    /// Block error probability at `sinrDb`: 10 % at the threshold, about 1 % 0.4 dB above it.
    static double BlockErrorRate(int mcs, double sinrDb);

  private:
    std::vector<std::vector<std::uint32_t>> m_bytes;
};

} // namespace netgym
