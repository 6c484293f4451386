// SPDX-License-Identifier: Apache-2.0
#include "radio/nr.h"

#include "bridge/purposes.h"
#include "radio/sharing.h"
#include "radio/walk.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

constexpr double CHANNEL_UPDATE_S = 10e-3;
// Steep as the error rate of long LDPC codes, 10 % at the threshold.
constexpr double BLER_SLOPE_PER_DB = 6;
constexpr double BLER_OFFSET_DB = 0.3662; // ln(9) / slope
constexpr double OUTER_LOOP_STEP_DB = 0.5;
constexpr double OUTER_LOOP_LIMIT_DB = 10;
constexpr double HEADER_BYTES = 52; // of a packet: the tunnel's and those of PDCP, RLC and MAC
constexpr double PROCESSING_SLOTS = 3.74;
constexpr double ROUND_TRIP_SLOTS = 8; // until a failed block is sent again
// 3GPP TR 38.901, table 7.5-6: correlation of shadowing over distance, urban macro
constexpr double CORRELATION_LOS_M = 37;
constexpr double CORRELATION_NLOS_M = 50;
constexpr double SPEED_OF_LIGHT = 299792458;

/// TR 38.901, table 7.4.2-1: probability of line of sight in an urban macro cell for users below 13
/// m
double
LineOfSightProbability(double distance2dM)
{
    if (distance2dM <= 18)
    {
        return 1;
    }
    return 18 / distance2dM + std::exp(-distance2dM / 63) * (1 - 18 / distance2dM);
}

/// TR 38.901, table 7.4.1-1: path loss of an urban macro cell, dB
double
PathLossDb(const Place& site, const Place& user, double frequencyGhz, bool lineOfSight)
{
    const double distance = Distance(site, user);
    const double flat = std::hypot(site.x - user.x, site.y - user.y);
    const double carrier = 20 * std::log10(frequencyGhz);
    const double breakpoint = 4 * (site.z - 1) * (user.z - 1) * frequencyGhz * 1e9 / SPEED_OF_LIGHT;
    const double height = site.z - user.z;
    const double seen = flat <= breakpoint
                            ? 28 + 22 * std::log10(distance) + carrier
                            : 28 + 40 * std::log10(distance) + carrier -
                                  9 * std::log10(breakpoint * breakpoint + height * height);
    if (lineOfSight)
    {
        return seen;
    }
    const double hidden = 13.54 + 39.08 * std::log10(distance) + carrier - 0.6 * (user.z - 1.5);
    return std::max(seen, hidden);
}

/// TR 38.901, table 7.4.1-1: standard deviation of shadowing, dB
double
ShadowingDb(bool lineOfSight)
{
    return lineOfSight ? 4 : 6;
}

} // namespace

void
Nr::Begin(const NrPlan& plan, const std::vector<Place>& users, std::uint64_t seed)
{
    m_users.assign(users.size(), {});
    m_utilisation.assign(plan.sites.size(), 0);
    m_nextUpdateS = CHANNEL_UPDATE_S;
    if (plan.sites.empty())
    {
        return;
    }
    for (std::size_t k = 0; k < users.size(); ++k)
    {
        auto& user = m_users[k];
        user.stream = Stream(seed, Purpose::NR, k);
        user.cell = Nearest(users[k], plan.sites);
        const auto& site = plan.sites[user.cell];
        const double flat = std::hypot(site.x - users[k].x, site.y - users[k].y);
        user.lineOfSight = user.stream.Uniform() < LineOfSightProbability(flat);
        user.shadowingDb = ShadowingDb(user.lineOfSight) * user.stream.Normal();
        user.fadingDb = plan.fadingDb * user.stream.Normal();
    }
    Move(plan, users, std::vector<double>(users.size(), 0.0));
    for (auto& user : m_users)
    {
        user.reportedSinrDb = user.meanSinrDb + user.fadingDb;
    }
}

void
Nr::Move(const NrPlan& plan, const std::vector<Place>& users, const std::vector<double>& distanceM)
{
    if (plan.sites.empty())
    {
        return;
    }
    for (std::size_t k = 0; k < users.size(); ++k)
    {
        auto& user = m_users[k];
        if (distanceM[k] > 0)
        {
            const double keep = std::exp(
                -distanceM[k] / (user.lineOfSight ? CORRELATION_LOS_M : CORRELATION_NLOS_M));
            user.shadowingDb = keep * user.shadowingDb + std::sqrt(1 - keep * keep) *
                                                             ShadowingDb(user.lineOfSight) *
                                                             user.stream.RoughlyNormal();
        }
        const double loss =
            PathLossDb(plan.sites[user.cell], users[k], plan.frequencyGhz, user.lineOfSight);
        user.meanSinrDb = plan.txPowerDbm - loss - user.shadowingDb - plan.noiseDbm;
    }
}

void
Nr::SetMeanSinr(int user, double sinrDb)
{
    auto& u = m_users[user];
    u.shadowingDb += u.meanSinrDb - sinrDb;
    u.reportedSinrDb += sinrDb - u.meanSinrDb;
    u.meanSinrDb = sinrDb;
}

void
Nr::UpdateChannel(const NrPlan& plan)
{
    const double keep =
        plan.fadingDb > 0 ? std::exp(-CHANNEL_UPDATE_S * 1e3 / plan.coherenceMs) : 0;
    const double renewed = std::sqrt(1 - keep * keep) * plan.fadingDb;
    for (auto& user : m_users)
    {
        user.reportedSinrDb = user.meanSinrDb + user.fadingDb;
        user.fadingDb = keep * user.fadingDb + renewed * user.stream.RoughlyNormal();
    }
}

/// Outer-loop link adaptation, in expectation: steps balanced so that first transmissions fail at
/// the target rate.
void
Nr::Adapt(const NrPlan& plan, User& user, double blocks) const
{
    const double up = OUTER_LOOP_STEP_DB * plan.targetBler / (1 - plan.targetBler);
    const double drift = up * (1 - user.bler) - OUTER_LOOP_STEP_DB * user.bler;
    user.outerLoopDb =
        std::clamp(user.outerLoopDb + blocks * drift, -OUTER_LOOP_LIMIT_DB, OUTER_LOOP_LIMIT_DB);
}

void
Nr::Tick(const NrPlan& plan, std::vector<Load>& loads, double nowS, double tickS)
{
    while (nowS >= m_nextUpdateS - 1e-9)
    {
        UpdateChannel(plan);
        m_nextUpdateS += CHANNEL_UPDATE_S;
    }
    for (std::size_t k = 0; k < loads.size(); ++k)
    {
        auto& user = m_users[k];
        auto& load = loads[k];
        load.accepted = std::min(load.offered, std::max(plan.queueBytes - load.backlog, 0.0));
        load.backlog += load.accepted;
        load.served = 0;
        const double known = user.reportedSinrDb + user.outerLoopDb;
        const auto above =
            std::upper_bound(plan.thresholdDb.begin() + 1, plan.thresholdDb.end(), known);
        user.mcs = static_cast<int>(above - plan.thresholdDb.begin()) - 1;
        user.bler = 0;
        if (load.backlog > 0)
        {
            const double above10 = user.meanSinrDb + user.fadingDb - plan.thresholdDb[user.mcs];
            const double exponent = BLER_SLOPE_PER_DB * (above10 + BLER_OFFSET_DB);
            user.bler = 1 / (1 + std::exp(std::clamp(exponent, -40.0, 40.0)));
        }
    }
    for (std::size_t cell = 0; cell < plan.sites.size(); ++cell)
    {
        double needs[MOST_SHARERS];
        double shares[MOST_SHARERS]{};
        double rates[MOST_SHARERS];
        std::size_t who[MOST_SHARERS];
        std::size_t count = 0;
        for (std::size_t k = 0; k < loads.size(); ++k)
        {
            const auto& user = m_users[k];
            const auto& load = loads[k];
            if (user.cell != static_cast<int>(cell) || load.backlog <= 0)
            {
                continue;
            }
            const double sentTwice = user.bler / (1 + user.bler);
            const double inner = load.packetBytes / (load.packetBytes + HEADER_BYTES);
            rates[count] = plan.bytesPerS[user.mcs] * plan.efficiency * (1 - sentTwice) * inner;
            needs[count] = load.backlog / rates[count];
            who[count++] = k;
        }
        const double idleS = MaxMinFair(needs, shares, count, tickS);
        m_utilisation[cell] = 1 - idleS / tickS;
        for (std::size_t k = 0; k < count; ++k)
        {
            auto& load = loads[who[k]];
            load.served = std::min(shares[k] * rates[k], load.backlog);
            const double packets = std::min(load.offered / load.packetBytes, 1.0);
            Adapt(plan, m_users[who[k]], std::max(shares[k] / plan.slotS, packets));
        }
    }
    for (std::size_t k = 0; k < loads.size(); ++k)
    {
        const double utilisation = m_utilisation[m_users[k].cell];
        loads[k].delayS = plan.backhaulS + PROCESSING_SLOTS * plan.slotS +
                          ROUND_TRIP_SLOTS * plan.slotS * m_users[k].bler +
                          plan.contentionS * utilisation * utilisation;
    }
}

} // namespace fluid
