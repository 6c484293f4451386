// SPDX-License-Identifier: Apache-2.0
#include "cells/radio_plan.h"

#include "packets/event_queue.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace fluid
{

namespace
{

// T. S. Rappaport, Wireless Communications, 2nd edition, section 4.9.1; free space at 1 m, 5.15
// GHz.
constexpr double REFERENCE_LOSS_DB = 46.6777;
constexpr double LOSS_EXPONENT = 3;
// IEEE 802.11ax-2021, clause 27.5: data bits per symbol of 234 tones, MCS 0 to 11; a symbol lasts
// 16 us.
constexpr std::array<double, RadioPlan::MCS_COUNT>
    SYMBOL_BITS{117, 234, 351, 468, 702, 936, 1053, 1170, 1404, 1560, 1755, 1950};
constexpr std::int64_t SYMBOL_NS = 16000;
constexpr double SERVICE_BITS = 16;
constexpr std::int64_t LONGEST_PPDU_NS = 5484000; // aPPDUMaxTime
constexpr double LARGEST_AGGREGATE_BITS = 8 * 65535.0;
// UDP 8, IPv4 20, LLC/SNAP 8, QoS data header 26, FCS 4, delimiter 4; padded to multiples of 4
// bytes.
constexpr double HEADER_BYTES = 70;
// Acknowledgements are non-HT frames at the highest mandatory rate below the data's
// (clause 10.6.6.5).
constexpr double ACK_BYTES = 14;
constexpr double BLOCK_ACK_BYTES = 32;
constexpr double LEGACY_PREAMBLE_US = 20;
constexpr double LEGACY_SYMBOL_US = 4;
constexpr double LEGACY_EXTRA_BITS = 22; // service and tail
constexpr double BASIC_MBPS[] = {24, 12, 6};

double
PaddedBits(double bytes)
{
    return 8 * 4 * std::ceil(bytes / 4);
}

} // namespace

RadioPlan::RadioPlan(const Settings& settings, const Settings& calibration)
    : sites(settings.Places("wifi_ap_locations")),
      levelsDbm(settings.Numbers("tx_power_levels_dbm")),
      userPowerDbm(settings.Number("wifi.tx_power_dbm")),
      hysteresisDb(settings.Number("wifi.handover_hysteresis_db")),
      compareNs(ToNs(settings.Number("wifi.handover_interval_ms"))),
      queuePackets(settings.Integer("wifi.queue_packets")),
      queueNs(ToNs(settings.Number("wifi.queue_delay_ms"))),
      backhaulNs(ToNs(settings.Number("wifi.backhaul_delay_ms"))),
      beaconNs(ToNs(1e-3 * calibration.Number("beacon_airtime_us"))),
      frameBits(PaddedBits(settings.Number("traffic.packet_size_bytes") + HEADER_BYTES)),
      lastFrameBits(8 * (settings.Number("traffic.packet_size_bytes") + HEADER_BYTES)),
      noiseDbm(calibration.Number("noise_dbm")),
      noticedDb(std::max(calibration.Number("noticed_snr_db"),
                         settings.Number("wifi.min_rssi_dbm") - noiseDbm)),
      lossAtThreshold(calibration.Number("loss_at_threshold")),
      lossSlope(calibration.Number("loss_slope_per_db"))
{
    for (int mcs = 0; mcs < MCS_COUNT; ++mcs)
    {
        thresholdDb[mcs] = calibration.Number("mcs" + std::to_string(mcs) + "_snr_db");
        int& frames = framesPerPpdu[mcs];
        for (frames = 1; frames < MOST_FRAMES && PpduNs(mcs, frames + 1) <= LONGEST_PPDU_NS &&
                         (frames + 1) * frameBits <= LARGEST_AGGREGATE_BITS;)
        {
            frames++;
        }
    }
}

double
RadioPlan::SnrDb(double powerDbm, double distanceM) const
{
    const double lossDb =
        REFERENCE_LOSS_DB + 10 * LOSS_EXPONENT * std::log10(std::max(distanceM, 1.0));
    return powerDbm - lossDb - noiseDbm;
}

int
RadioPlan::Mcs(double snrDb) const
{
    const auto above = std::upper_bound(thresholdDb.begin() + 1, thresholdDb.end(), snrDb);
    return static_cast<int>(above - thresholdDb.begin()) - 1;
}

double
RadioPlan::LossAt(int mcs, double snrDb) const
{
    const double odds = lossAtThreshold / (1 - lossAtThreshold);
    const double exponent = lossSlope * (thresholdDb[mcs] - snrDb);
    const double oddsNow = odds * std::exp(std::clamp(exponent, -60.0, 60.0));
    return oddsNow / (1 + oddsNow);
}

std::int64_t
RadioPlan::PpduNs(int mcs, int frames) const
{
    const double bits = (frames - 1) * frameBits + lastFrameBits + SERVICE_BITS;
    const double symbols = std::ceil(bits / SYMBOL_BITS[mcs]);
    return HE_PREAMBLE_NS + static_cast<std::int64_t>(symbols) * SYMBOL_NS;
}

std::int64_t
RadioPlan::AckNs(int mcs, bool block) const
{
    const double dataMbps = SYMBOL_BITS[mcs] * 1e3 / SYMBOL_NS;
    double mbps = BASIC_MBPS[2];
    for (const double basic : BASIC_MBPS)
    {
        if (basic <= dataMbps)
        {
            mbps = basic;
            break;
        }
    }
    const double bits = 8 * (block ? BLOCK_ACK_BYTES : ACK_BYTES) + LEGACY_EXTRA_BITS;
    const double us =
        LEGACY_PREAMBLE_US + LEGACY_SYMBOL_US * std::ceil(bits / (LEGACY_SYMBOL_US * mbps));
    return static_cast<std::int64_t>(us * 1e3);
}

} // namespace fluid
