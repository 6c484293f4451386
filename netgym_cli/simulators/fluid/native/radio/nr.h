// SPDX-License-Identifier: Apache-2.0
// NR: cells of 3GPP TR 38.901's urban macro, each on a carrier of its own, with the MCS of
// TS 38.214.
#pragma once
#include "bridge/random.h"
#include "bridge/settings.h"
#include "radio/load.h"

#include <array>
#include <vector>

namespace fluid
{

struct NrPlan
{
    NrPlan(const Settings& settings, const Settings& calibration);

    /// Mean SINR, dB, at which fading gives this mean rate.
    double SinrOfMeanRate(double mbps) const;

    static constexpr int MCS_COUNT = 28;

    std::vector<Place> sites;
    double txPowerDbm;
    double frequencyGhz;
    double noiseDbm;
    double fadingDb;
    double coherenceMs;
    double targetBler;
    double queueBytes;
    double slotS;
    double backhaulS;
    double efficiency;  ///< share of the carrier's bytes that queues get
    double contentionS; ///< delay that a saturated cell adds
    std::array<double, MCS_COUNT>
        thresholdDb{};                         ///< SINR at which a first transmission fails in 10 %
    std::array<double, MCS_COUNT> bytesPerS{}; ///< of the whole carrier
    std::array<double, MCS_COUNT> blockMbps{}; ///< by the carrier's whole transport block
};

/// The NR cells of one network.
class Nr
{
  public:
    void Begin(const NrPlan& plan, const std::vector<Place>& users, std::uint64_t seed);
    /// Users have moved by `distanceM` each.
    void Move(const NrPlan& plan,
              const std::vector<Place>& users,
              const std::vector<double>& distanceM);
    /// Proportional fair scheduling of the queues.
    void Tick(const NrPlan& plan, std::vector<Load>& loads, double nowS, double tickS);

    double MaxRateMbps(const NrPlan& plan, int user) const
    {
        return plan.blockMbps[m_users[user].mcs];
    }

    int Cell(int user) const
    {
        return m_users[user].cell;
    }

    /// Places users' mean SINR at given values, for calibration; keeps them while users stand.
    void SetMeanSinr(int user, double sinrDb);

    double MeanSinrDb(int user) const
    {
        return m_users[user].meanSinrDb;
    }

  private:
    struct User
    {
        int cell{0};
        bool lineOfSight{true};
        double shadowingDb{0};
        double meanSinrDb{0};
        double fadingDb{0};
        double reportedSinrDb{0}; ///< what the scheduler knows: the channel of one update ago
        double outerLoopDb{0};
        double bler{0};
        int mcs{0};
        Stream stream;
    };

    void UpdateChannel(const NrPlan& plan);
    void Adapt(const NrPlan& plan, User& user, double blocks) const;

    std::vector<User> m_users;
    std::vector<double> m_utilisation;
    double m_nextUpdateS{0};
};

} // namespace fluid
