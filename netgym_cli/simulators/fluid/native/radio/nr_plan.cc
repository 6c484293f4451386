// SPDX-License-Identifier: Apache-2.0
#include "radio/nr.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

struct Mcs
{
    double bitsPerSymbol;
    double rate; ///< code rate x 1024
};

// 3GPP TS 38.214, table 5.1.3.1-2: the MCS indices for PDSCH with up to 256QAM
constexpr std::array<Mcs, NrPlan::MCS_COUNT> MCS_TABLE{
    {{2, 120}, {2, 193}, {2, 308}, {2, 449}, {2, 602}, {4, 378},   {4, 434},
     {4, 490}, {4, 553}, {4, 616}, {4, 658}, {6, 466}, {6, 517},   {6, 567},
     {6, 616}, {6, 666}, {6, 719}, {6, 772}, {6, 822}, {6, 873},   {8, 682.5},
     {8, 711}, {8, 754}, {8, 797}, {8, 841}, {8, 885}, {8, 916.5}, {8, 948}}};
// 12 subcarriers, 14 symbols less one each for control and reference signals
constexpr double DATA_ELEMENTS_PER_BLOCK = 12 * 12;
constexpr double NOISE_FIGURE_DB = 5;
// The threshold of an MCS lies above Shannon's bound by an implementation loss that grows with the
// spectral efficiency.
constexpr double IMPLEMENTATION_LOSS_DB = 1;
constexpr double LOSS_PER_EFFICIENCY_DB = 0.4;

/// TS 38.214, 5.1.3.2: bits of a transport block that fills `elements` resource elements. Up to
/// 3824 bits the table of sizes is approximated by the step of its quantisation.
double
BlockBits(const Mcs& mcs, double elements)
{
    const double information = elements * mcs.bitsPerSymbol * mcs.rate / 1024;
    if (information <= 3824)
    {
        const double step = std::exp2(std::max(3.0, std::floor(std::log2(information)) - 6));
        return std::max(24.0, step * std::floor(information / step));
    }
    const double step = std::exp2(std::floor(std::log2(information - 24)) - 5);
    const double quantised = std::max(3840.0, step * std::round((information - 24) / step));
    const double largest = mcs.rate <= 256 ? 3816 : 8424; // bits of a code block
    const double blocks =
        mcs.rate <= 256 || quantised > largest ? std::ceil((quantised + 24) / largest) : 1;
    return 8 * blocks * std::ceil((quantised + 24) / (8 * blocks)) - 24;
}

} // namespace

NrPlan::NrPlan(const Settings& settings, const Settings& calibration)
    : sites(settings.Places("nr_gnb_locations")),
      txPowerDbm(settings.Number("nr.tx_power_dbm")),
      frequencyGhz(settings.Number("nr.carrier_frequency_ghz")),
      noiseDbm(-174 +
               10 * std::log10(settings.Number("nr.resource_block_num") * 12e3 *
                               settings.Number("nr.subcarrier_spacing_khz")) +
               NOISE_FIGURE_DB),
      fadingDb(settings.Number("nr.fading_sigma_db")),
      coherenceMs(settings.Number("nr.fading_coherence_ms")),
      targetBler(settings.Number("nr.target_bler")),
      queueBytes(settings.Number("nr.queue_bytes")),
      slotS(15e-3 / settings.Number("nr.subcarrier_spacing_khz")),
      backhaulS(settings.Number("nr.backhaul_delay_ms") * 1e-3),
      efficiency(calibration.Number("nr_efficiency")),
      contentionS(calibration.Number("nr_contention_delay_ms") * 1e-3)
{
    const double elements = DATA_ELEMENTS_PER_BLOCK * settings.Number("nr.resource_block_num");
    for (int mcs = 0; mcs < MCS_COUNT; ++mcs)
    {
        const double perSymbol = MCS_TABLE[mcs].bitsPerSymbol * MCS_TABLE[mcs].rate / 1024;
        thresholdDb[mcs] = 10 * std::log10(std::exp2(perSymbol) - 1) + IMPLEMENTATION_LOSS_DB +
                           LOSS_PER_EFFICIENCY_DB * perSymbol;
        const double blockBytes = std::floor(BlockBits(MCS_TABLE[mcs], elements) / 8);
        bytesPerS[mcs] = blockBytes / slotS;
        blockMbps[mcs] = blockBytes * 8e-6 / slotS;
    }
}

double
NrPlan::SinrOfMeanRate(double mbps) const
{
    constexpr int POINTS = 16;
    // Middles of equally likely parts of a standard normal distribution, the positive half.
    constexpr std::array<double, POINTS / 2>
        QUANTILES{0.0784, 0.2372, 0.4023, 0.5791, 0.7764, 1.0100, 1.3180, 1.8627};
    const auto meanRate = [&](double sinrDb) {
        double sum = 0;
        for (const double quantile : QUANTILES)
        {
            for (const double side : {-1, 1})
            {
                const double known = sinrDb + side * quantile * fadingDb;
                const auto above =
                    std::upper_bound(thresholdDb.begin() + 1, thresholdDb.end(), known);
                sum += blockMbps[above - thresholdDb.begin() - 1];
            }
        }
        return sum / POINTS;
    };
    double low = -20;
    double high = 60;
    for (int halving = 0; halving < 40; ++halving)
    {
        const double middle = (low + high) / 2;
        (meanRate(middle) < mbps ? low : high) = middle;
    }
    return high;
}

} // namespace fluid
