// SPDX-License-Identifier: Apache-2.0
// LTE: one cell with Rician block fading, proportional fair scheduling, slices and priorities.
#pragma once
#include "bridge/random.h"
#include "bridge/settings.h"
#include "radio/load.h"
#include "radio/slices.h"

#include <array>
#include <vector>

namespace fluid
{

struct LtePlan
{
    LtePlan(const Settings& settings, const Settings& calibration);

    static constexpr int CQI_COUNT = 16;
    static constexpr int MOST_BLOCKS = 17; ///< of 6 resource blocks, in 100

    /// The highest CQI that holds at this signal-to-noise ratio, by four halvings without a branch,
    /// which no processor would foresee.
    int CqiOf(double snr) const
    {
        int cqi = 0;
        for (int half = CQI_COUNT / 2; half > 0; half /= 2)
        {
            cqi += half * static_cast<int>(snrOfCqi[cqi + half] <= snr);
        }
        return cqi;
    }

    Place site;
    double signalAt1mDb; ///< signal-to-noise ratio at 1 m
    double exponent;
    double coherenceMs;
    double bufferBytes;
    double backhaulS;
    bool prioritizes; ///< whether users have a second bearer whose packets come first
    int blocks;       ///< fading blocks
    int groups;       ///< resource block groups
    std::vector<int> sliceOf;
    std::vector<SliceShare> slices;
    std::array<double, MOST_BLOCKS> blockWeight{}; ///< share of the carrier
    std::array<double, CQI_COUNT> snrOfCqi{};      ///< signal-to-noise ratio from which a CQI holds
    std::array<double, CQI_COUNT> mbpsOfCqi{};     ///< of the whole carrier
    double efficiency;
    double quantileAlone;   ///< which of the blocks' CQIs decides, for a user alone
    double quantileSharing; ///< and among five or more, of which each takes its better blocks
    double delayS;
    double busyDelayS;
    double segmentDelayS;
    double stallsPerS;
    double stallS;
    double keptShare;      ///< of the groups that a slice has the first claim to and does not need
    double idleGrantShare; ///< of the groups that nobody needs, granted to whoever has data
};

/// The LTE cell of one network.
class Lte
{
  public:
    void Begin(const LtePlan& plan, const std::vector<Place>& users, std::uint64_t seed);
    void Move(const LtePlan& plan, const std::vector<Place>& users);
    void Tick(const LtePlan& plan, std::vector<Load>& loads, double nowS, double tickS);
    /// Lets all channels fade until now, so that what is reported is of now.
    void Refresh(const LtePlan& plan, double nowS);
    void ClearInterval();

    double MaxRateMbps(const LtePlan& plan, int user) const
    {
        return plan.mbpsOfCqi[m_users[user].widebandCqi];
    }

    /// Share of the carrier's groups that a user was granted since the interval began, percent.
    double UsagePercent(int user) const
    {
        return m_elapsedS > 0 ? 100 * m_users[user].grantedS / m_elapsedS : 0;
    }

    std::vector<SliceShare>& Slices()
    {
        return m_slices;
    }

    const std::vector<SliceShare>& Slices() const
    {
        return m_slices;
    }

  private:
    struct User
    {
        double snr{0}; ///< mean, linear
        float gains[2 * LtePlan::MOST_BLOCKS]{};
        int cqi[LtePlan::MOST_BLOCKS]{};
        int widebandCqi{0};
        double fadedS{0};
        double stalledUntilS{0};
        double rate{0}; ///< bytes of IP packets per second of the whole carrier
        double grantedS{0};
        Stream stream;
    };

    static std::array<int, 2> Ranked(const LtePlan& plan, const User& user, int low, int high);
    void Fade(const LtePlan& plan, User& user, double nowS);
    void SetRates(const LtePlan& plan, const std::vector<Load>& loads, double nowS);
    static double Granted(const LtePlan& plan,
                          const std::vector<Load>& loads,
                          double needed,
                          double tickS);

    std::vector<User> m_users;
    std::vector<Claim> m_claims;
    std::vector<SliceShare> m_slices;
    double m_utilisation{0};
    double m_elapsedS{0};
    double m_ageMs{-1}; ///< of the channel that was let fade last
    float m_keep{0};    ///< what remains of a gain at that age
};

} // namespace fluid
