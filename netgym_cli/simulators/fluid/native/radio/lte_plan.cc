// SPDX-License-Identifier: Apache-2.0
#include "radio/lte.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

constexpr double NOISE_FIGURE_DB = 9;
constexpr double BLOCK_RBS =
    6; // about 1 MHz: the coherence bandwidth of a delay spread near 0.2 us
// Piro, Grieco, Boggia, Camarda: "A Two-Level Scheduling Algorithm for QoS Support in the Downlink
// of LTE", and Piro et al., "An LTE module for the ns-3 network simulator" (2011): spectral
// efficiency log2(1 + SNR / gap) with gap = -ln(5 BER) / 1.5 at a bit error rate of 5e-5.
constexpr double SNR_GAP = 5.53;
// 3GPP TS 36.213, table 7.2.3-1: efficiency of each CQI, in bits per symbol, to two decimals
constexpr std::array<double, LtePlan::CQI_COUNT> EFFICIENCY{0,
                                                            0.15,
                                                            0.23,
                                                            0.38,
                                                            0.60,
                                                            0.88,
                                                            1.18,
                                                            1.48,
                                                            1.91,
                                                            2.41,
                                                            2.73,
                                                            3.32,
                                                            3.90,
                                                            4.52,
                                                            5.12,
                                                            5.55};

// TS 36.213, table 7.1.7.2.1-1: bits in a subframe for the transport block size indices 0, 2, 4, 6,
// 8, 9, 11, 13, 15, 16, 18, 20, 22, 24 and 26, whose MCS have the efficiencies of CQI 1 to 15
struct Column
{
    int resourceBlocks;
    int groups; ///< table 7.1.6.1-1, whole groups
    std::array<int, LtePlan::CQI_COUNT> bits;
};

constexpr std::array<Column, 6> COLUMNS{
    {{6,
      6,
      {0, 152, 256, 408, 600, 808, 936, 1192, 1544, 1800, 1928, 2344, 2792, 3240, 3624, 4392}},
     {15,
      7,
      {0, 392, 648, 1064, 1544, 2088, 2344, 2984, 3880, 4584, 4968, 5992, 6968, 7992, 9144, 11064}},
     {25,
      12,
      {0,
       680,
       1096,
       1800,
       2600,
       3496,
       4008,
       4968,
       6456,
       7736,
       7992,
       9912,
       11448,
       13536,
       15264,
       18336}},
     {50,
      16,
      {0,
       1384,
       2216,
       3624,
       5160,
       6968,
       7992,
       9912,
       12960,
       15264,
       16416,
       19848,
       22920,
       27376,
       30576,
       36696}},
     {75,
      18,
      {0,
       2088,
       3368,
       5352,
       7736,
       10680,
       11832,
       15264,
       19080,
       22920,
       24496,
       29296,
       35160,
       40576,
       45352,
       55056}},
     {100,
      25,
      {0,
       2792,
       4584,
       7224,
       10296,
       14112,
       15840,
       19848,
       25456,
       30576,
       32856,
       39232,
       46888,
       55056,
       61664,
       75376}}}};

const Column&
ColumnOf(int resourceBlocks)
{
    return *std::find_if(COLUMNS.begin(), COLUMNS.end() - 1, [&](const Column& column) {
        return column.resourceBlocks == resourceBlocks;
    });
}

} // namespace

LtePlan::LtePlan(const Settings& settings, const Settings& calibration)
    : site(settings.Places("lte_enb_locations").front()),
      exponent(settings.Number("lte.path_loss_exponent")),
      coherenceMs(settings.Number("lte.fading_coherence_ms")),
      bufferBytes(settings.Number("lte.rlc_buffer_bytes")),
      backhaulS(settings.Number("lte.backhaul_delay_ms") * 1e-3),
      prioritizes(settings.Flag("gma.enable_dynamic_flow_prioritization")),
      efficiency(calibration.Number("lte_efficiency")),
      quantileAlone(calibration.Number("lte_cqi_quantile_alone")),
      quantileSharing(calibration.Number("lte_cqi_quantile_sharing")),
      delayS(calibration.Number("lte_delay_ms") * 1e-3),
      busyDelayS(calibration.Number("lte_busy_delay_ms") * 1e-3),
      segmentDelayS(calibration.Number("lte_segment_delay_ms") * 1e-3),
      stallsPerS(calibration.Number("lte_stalls_per_s")),
      stallS(calibration.Number("lte_stall_ms") * 1e-3),
      keptShare(calibration.Number("lte_kept_share")),
      idleGrantShare(calibration.Number("lte_idle_grant_share"))
{
    const int resourceBlocks = settings.Integer("lte.resource_block_num");
    const double noiseDbm = -174 + NOISE_FIGURE_DB + 10 * std::log10(resourceBlocks * 180e3);
    signalAt1mDb =
        settings.Number("lte.tx_power_dbm") - settings.Number("lte.reference_loss_db") - noiseDbm;
    blocks = static_cast<int>(std::ceil(resourceBlocks / BLOCK_RBS));
    for (int block = 0; block < blocks; ++block)
    {
        blockWeight[block] =
            std::min(BLOCK_RBS, resourceBlocks - BLOCK_RBS * block) / resourceBlocks;
    }
    const Column& column = ColumnOf(resourceBlocks);
    groups = column.groups;
    for (int cqi = 0; cqi < CQI_COUNT; ++cqi)
    {
        snrOfCqi[cqi] = (std::exp2(EFFICIENCY[cqi]) - 1) * SNR_GAP;
        mbpsOfCqi[cqi] = column.bits[cqi] * 1e-3;
    }
    sliceOf = SlicesOfUsers(settings);
    const auto dedicated = settings.Numbers("per_slice_config.dedicated_rbg");
    const auto prioritized = settings.Numbers("per_slice_config.prioritized_rbg");
    const auto shared = settings.Numbers("per_slice_config.shared_rbg");
    for (std::size_t slice = 0; slice < dedicated.size(); ++slice)
    {
        slices.push_back({static_cast<int>(dedicated[slice]),
                          static_cast<int>(prioritized[slice]),
                          static_cast<int>(shared[slice])});
    }
}

} // namespace fluid
