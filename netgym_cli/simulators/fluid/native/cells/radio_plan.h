// SPDX-License-Identifier: Apache-2.0
// The radio of small cells: IEEE 802.11ax, 20 MHz, one spatial stream, guard interval 3.2 us, every
// cell on a channel of its own.
#pragma once
#include "bridge/settings.h"

#include <array>
#include <cstdint>
#include <vector>

namespace fluid
{

struct RadioPlan
{
    RadioPlan(const Settings& settings, const Settings& calibration);

    static constexpr int MCS_COUNT = 12;
    static constexpr int MOST_FRAMES = 64;         ///< of a block acknowledgement
    static constexpr int MOST_TRIES = 7;           ///< dot11ShortRetryLimit
    static constexpr std::int64_t SLOT_NS = 9000;  ///< IEEE 802.11-2020, table 17-21
    static constexpr std::int64_t SIFS_NS = 16000; ///< the same
    static constexpr std::int64_t AIFS_NS = SIFS_NS + 3 * SLOT_NS; ///< best effort, table 9-155
    static constexpr std::int64_t BEACON_NS = 102'400'000; ///< 100 time units, clause 11.1.3
    static constexpr int LEAST_WINDOW = 15;                ///< CWmin, the same
    static constexpr int LARGEST_WINDOW = 1023;            ///< CWmax

    /// Signal-to-noise ratio over a distance, dB: log-distance path loss.
    double SnrDb(double powerDbm, double distanceM) const;

    /// Whether a frame of this signal is noticed at all.
    bool Noticed(double snrDb) const
    {
        return snrDb >= noticedDb;
    }

    /// The modulation and coding scheme that rate control takes for a known signal.
    int Mcs(double snrDb) const;
    /// Share of frames of the packets' length that are lost at a signal.
    double LossAt(int mcs, double snrDb) const;

    /// Frames that fit into one PPDU.
    int FramesPerPpdu(int mcs) const
    {
        return framesPerPpdu[mcs];
    }

    /// Duration of a PPDU with so many frames.
    std::int64_t PpduNs(int mcs, int frames) const;
    /// Duration of the acknowledgement of a PPDU.
    std::int64_t AckNs(int mcs, bool block) const;

    std::vector<Place> sites;
    std::vector<double> levelsDbm; ///< of level 1, 2, ...
    double userPowerDbm;
    double hysteresisDb;
    std::int64_t compareNs; ///< how often users compare cells
    int queuePackets;
    std::int64_t queueNs; ///< longest stay in the queue
    std::int64_t backhaulNs;
    std::int64_t beaconNs; ///< duration of a beacon

  private:
    double frameBits;     ///< of a packet with all headers in an aggregate
    double lastFrameBits; ///< of the last in it, which is not padded
    double noiseDbm;
    double noticedDb;
    double lossAtThreshold;
    double lossSlope; ///< fall of the log-odds of a loss per dB
    std::array<double, MCS_COUNT> thresholdDb{};
    std::array<int, MCS_COUNT> framesPerPpdu{};
};

constexpr std::int64_t HE_PREAMBLE_NS =
    44000; ///< L-STF 8, L-LTF 8, L-SIG 4, RL-SIG 4, HE-SIG-A 8, HE-STF 4,
           ///< HE-LTF 8 us: IEEE 802.11ax-2021, clause 27.3

} // namespace fluid
