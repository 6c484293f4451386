// SPDX-License-Identifier: GPL-2.0-only
#include "radio/nr_phy.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace netgym
{

namespace
{

struct Mcs
{
    int bitsPerSymbol;
    double rate; ///< code rate x 1024
};

// TS 38.214 table 5.1.3.1-2
constexpr std::array<Mcs, NrPhy::MCS_COUNT> MCS_TABLE{{
    {2, 120}, {2, 193}, {2, 308}, {2, 449}, {2, 602}, {4, 378},   {4, 434},
    {4, 490}, {4, 553}, {4, 616}, {4, 658}, {6, 466}, {6, 517},   {6, 567},
    {6, 616}, {6, 666}, {6, 719}, {6, 772}, {6, 822}, {6, 873},   {8, 682.5},
    {8, 711}, {8, 754}, {8, 797}, {8, 841}, {8, 885}, {8, 916.5}, {8, 948},
}};

// TS 38.214 table 5.1.3.2-1: sizes up to 3824 bits
constexpr std::array<int, 93> SMALL_BLOCK_BITS{
    24,   32,   40,   48,   56,   64,   72,   80,   88,   96,   104,  112,  120,  128,  136,  144,
    152,  160,  168,  176,  184,  192,  208,  224,  240,  256,  272,  288,  304,  320,  336,  352,
    368,  384,  408,  432,  456,  480,  504,  528,  552,  576,  608,  640,  672,  704,  736,  768,
    808,  848,  888,  928,  984,  1032, 1064, 1128, 1160, 1192, 1224, 1256, 1288, 1320, 1352, 1416,
    1480, 1544, 1608, 1672, 1736, 1800, 1864, 1928, 2024, 2088, 2152, 2216, 2280, 2408, 2472, 2536,
    2600, 2664, 2728, 2792, 2856, 2976, 3104, 3240, 3368, 3496, 3624, 3752, 3824};

// 12 subcarriers, 14 symbols less one each for control and reference signals.
constexpr int DATA_RES_PER_RB = 12 * 12;

double
SpectralEfficiency(int mcs)
{
    return MCS_TABLE[mcs].bitsPerSymbol * MCS_TABLE[mcs].rate / 1024;
}

int
BlockBits(int mcs, int resourceBlocks)
{
    const double rate = MCS_TABLE[mcs].rate / 1024;
    const double info = DATA_RES_PER_RB * resourceBlocks * SpectralEfficiency(mcs);
    if (info <= 3824)
    {
        const int step = 1 << std::max(3, static_cast<int>(std::floor(std::log2(info))) - 6);
        const double quantised = std::max(24.0, step * std::floor(info / step));
        return *std::lower_bound(SMALL_BLOCK_BITS.begin(), SMALL_BLOCK_BITS.end() - 1, quantised);
    }
    const double step = std::exp2(std::floor(std::log2(info - 24)) - 5);
    const double quantised = std::max(3840.0, step * std::round((info - 24) / step));
    double codeBlocks = 1;
    if (rate <= 0.25)
    {
        codeBlocks = std::ceil((quantised + 24) / 3816);
    }
    else if (quantised > 8424)
    {
        codeBlocks = std::ceil((quantised + 24) / 8424);
    }
    return static_cast<int>(8 * codeBlocks * std::ceil((quantised + 24) / (8 * codeBlocks)) - 24);
}

} // namespace

NrPhy::NrPhy(int resourceBlocks)
    : m_bytes(MCS_COUNT, std::vector<std::uint32_t>(resourceBlocks + 1, 0))
{
    for (int mcs = 0; mcs < MCS_COUNT; ++mcs)
    {
        for (int blocks = 1; blocks <= resourceBlocks; ++blocks)
        {
            m_bytes[mcs][blocks] = BlockBits(mcs, blocks) / 8;
        }
    }
}

int
NrPhy::ResourceBlocksFor(int mcs, std::uint32_t bytes, int limit) const
{
    const auto& sizes = m_bytes[mcs];
    const auto enough = std::lower_bound(sizes.begin() + 1, sizes.begin() + limit, bytes);
    return static_cast<int>(enough - sizes.begin());
}

double
NrPhy::ThresholdDb(int mcs)
{
    const double efficiency = SpectralEfficiency(mcs);
    return 10 * std::log10(std::exp2(efficiency) - 1) + 1 + 0.4 * efficiency;
}

int
NrPhy::McsFor(double sinrDb)
{
    int mcs = 0;
    while (mcs + 1 < MCS_COUNT && ThresholdDb(mcs + 1) <= sinrDb)
    {
        mcs++;
    }
    return mcs;
}

double
NrPhy::BlockErrorRate(int mcs, double sinrDb)
{
    constexpr double SLOPE_PER_DB = 6;
    constexpr double OFFSET_DB = 0.3662; // ln(9) / SLOPE_PER_DB: 10 % at the threshold
    return 1 / (1 + std::exp(SLOPE_PER_DB * (sinrDb - ThresholdDb(mcs) + OFFSET_DB)));
}

} // namespace netgym
