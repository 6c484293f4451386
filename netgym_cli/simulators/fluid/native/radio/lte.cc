// SPDX-License-Identifier: Apache-2.0
#include "radio/lte.h"

#include "bridge/purposes.h"
#include "radio/sharing.h"
#include "radio/walk.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

constexpr double NOISE_FIGURE_DB = 9;
constexpr double BLOCK_RBS =
    6; // about 1 MHz: the coherence bandwidth of a delay spread near 0.2 us
constexpr float DIRECT = 0.70710678F; // Rician fading of factor 1: half the power is direct
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
constexpr double HEADER_BYTES = 48; // of a packet: the tunnel's and those of PDCP, RLC and MAC
constexpr double SHARING_USERS = 5; // with that many the quantile is the highest
constexpr double SEGMENT_MBPS = 12; // below it packets are cut into so many parts that it shows
constexpr double MOST_SEGMENT_S = 40e-3;
constexpr double UTILISATION_MEMORY = 0.8; // per tick

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
      stallS(calibration.Number("lte_stall_ms") * 1e-3)
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
    const auto users = settings.Numbers("per_slice_config.num_users");
    const auto dedicated = settings.Numbers("per_slice_config.dedicated_rbg");
    const auto prioritized = settings.Numbers("per_slice_config.prioritized_rbg");
    const auto shared = settings.Numbers("per_slice_config.shared_rbg");
    for (std::size_t slice = 0; slice < users.size(); ++slice)
    {
        sliceOf.insert(sliceOf.end(),
                       static_cast<std::size_t>(users[slice]),
                       static_cast<int>(slice));
        slices.push_back({static_cast<int>(dedicated[slice]),
                          static_cast<int>(prioritized[slice]),
                          static_cast<int>(shared[slice])});
    }
}

void
Lte::Begin(const LtePlan& plan, const std::vector<Place>& users, std::uint64_t seed)
{
    m_slices = plan.slices;
    m_utilisation = 0;
    m_users.assign(users.size(), {});
    for (std::size_t k = 0; k < users.size(); ++k)
    {
        auto& user = m_users[k];
        user.stream = Stream(seed, Purpose::LTE, k);
        for (int part = 0; part < 2 * plan.blocks; ++part)
        {
            user.gains[part] = static_cast<float>(user.stream.RoughlyNormal()) * DIRECT;
        }
        user.fadedS = -1;
    }
    Move(plan, users);
    ClearInterval();
    Refresh(plan, 0);
}

void
Lte::Move(const LtePlan& plan, const std::vector<Place>& users)
{
    for (std::size_t k = 0; k < users.size(); ++k)
    {
        const double distance = std::max(1.0, Distance(users[k], plan.site));
        const double snrDb = plan.signalAt1mDb - 10 * plan.exponent * std::log10(distance);
        m_users[k].snr = std::pow(10, snrDb / 10);
    }
}

void
Lte::ClearInterval()
{
    m_elapsedS = 0;
    for (auto& user : m_users)
    {
        user.grantedS = 0;
    }
}

void
Lte::Refresh(const LtePlan& plan, double nowS)
{
    for (auto& user : m_users)
    {
        Fade(plan, user, nowS);
    }
}

/// Block fading: every block of the carrier has a complex gain that forgets itself over the
/// coherence time (a first-order autoregressive process).
void
Lte::Fade(const LtePlan& plan, User& user, double nowS) const
{
    if (nowS <= user.fadedS)
    {
        return;
    }
    const double ageMs = (nowS - std::max(user.fadedS, 0.0)) * 1e3;
    const bool fades = plan.coherenceMs > 0;
    const float keep = fades ? static_cast<float>(std::exp(-ageMs / plan.coherenceMs)) : 1;
    const float renewed = std::sqrt(1 - keep * keep) * DIRECT;
    if (fades && renewed > 0)
    {
        for (int part = 0; part < 2 * plan.blocks; ++part)
        {
            const auto drawn = static_cast<float>(user.stream.RoughlyNormal());
            user.gains[part] = keep * user.gains[part] + renewed * drawn;
        }
    }
    user.fadedS = nowS;
    double mean = 0;
    for (int block = 0; block < plan.blocks; ++block)
    {
        double gain = 1;
        if (fades)
        {
            const float real = DIRECT + DIRECT * user.gains[2 * block];
            const float imaginary = DIRECT * user.gains[2 * block + 1];
            gain = real * real + imaginary * imaginary;
        }
        const auto above =
            std::upper_bound(plan.snrOfCqi.begin() + 1, plan.snrOfCqi.end(), user.snr * gain);
        user.cqi[block] = static_cast<int>(above - plan.snrOfCqi.begin()) - 1;
        mean += user.cqi[block] * plan.blockWeight[block];
    }
    user.widebandCqi = static_cast<int>(std::floor(mean + 1e-9));
}

/// A block of several groups is coded for the worst of them; with many users the scheduler gives
/// each its better ones. A quantile of the blocks' CQIs stands for both.
void
Lte::SetRates(const LtePlan& plan, const std::vector<Load>& loads, double nowS)
{
    int active = 0;
    for (const auto& load : loads)
    {
        active += load.backlog > 1;
    }
    const double sharing = (active - 1) / (SHARING_USERS - 1);
    const double quantile =
        plan.quantileAlone + (plan.quantileSharing - plan.quantileAlone) * sharing;
    const double place = std::clamp(quantile, 0.0, 1.0) * (plan.blocks - 1);
    const int low = static_cast<int>(place);
    const int high = std::min(low + 1, plan.blocks - 1);
    const double part = place - low;
    for (std::size_t k = 0; k < loads.size(); ++k)
    {
        if (loads[k].backlog <= 0)
        {
            continue;
        }
        auto& user = m_users[k];
        Fade(plan, user, nowS);
        int sorted[LtePlan::MOST_BLOCKS];
        std::copy(user.cqi, user.cqi + plan.blocks, sorted);
        std::sort(sorted, sorted + plan.blocks);
        const double mbps =
            (1 - part) * plan.mbpsOfCqi[sorted[low]] + part * plan.mbpsOfCqi[sorted[high]];
        const double inner = loads[k].packetBytes / (loads[k].packetBytes + HEADER_BYTES);
        user.rate = std::max(mbps * 1e6 / 8 * plan.efficiency * inner, 1.0);
    }
}

void
Lte::Tick(const LtePlan& plan, std::vector<Load>& loads, double nowS, double tickS)
{
    for (auto& load : loads)
    {
        load.accepted = std::min(load.offered, std::max(plan.bufferBytes - load.backlog, 0.0));
        load.backlog += load.accepted;
        load.served = 0;
    }
    SetRates(plan, loads, nowS);
    std::vector<Claim> claims(loads.size());
    for (std::size_t k = 0; k < loads.size(); ++k)
    {
        claims[k].slice = plan.sliceOf[k];
        claims[k].prioritized = plan.prioritizes && loads[k].prioritized;
        claims[k].needS = loads[k].backlog > 0 ? loads[k].backlog / m_users[k].rate : 0;
    }
    const double granted = ShareCarrier(claims, m_slices, plan.groups, tickS) / tickS;
    m_utilisation = UTILISATION_MEMORY * m_utilisation + (1 - UTILISATION_MEMORY) * granted;
    m_elapsedS += tickS;
    for (std::size_t k = 0; k < loads.size(); ++k)
    {
        auto& load = loads[k];
        auto& user = m_users[k];
        load.served = std::min(claims[k].sharedS * user.rate, load.backlog);
        user.grantedS += claims[k].sharedS;
        const double mbps = std::max(plan.mbpsOfCqi[std::max(user.widebandCqi, 1)], 1.0);
        const double parts = SEGMENT_MBPS / mbps;
        const double segment = plan.segmentDelayS * parts * parts * std::sqrt(parts);
        load.delayS = plan.backhaulS + plan.delayS +
                      plan.busyDelayS * m_utilisation * m_utilisation +
                      std::min(segment, MOST_SEGMENT_S);
        if (load.backlog > 0 && claims[k].sharedS > 0 && nowS >= user.stalledUntilS &&
            user.stream.Uniform() < plan.stallsPerS * tickS)
        {
            user.stalledUntilS = nowS + plan.stallS;
        }
        load.stalled = nowS < user.stalledUntilS;
    }
}

} // namespace fluid
