// SPDX-License-Identifier: Apache-2.0
#include "radio/lte.h"

#include "bridge/purposes.h"
#include "radio/walk.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

constexpr float DIRECT = 0.70710678F; // Rician fading of factor 1: half the power is direct
constexpr double HEADER_BYTES = 48;   // of a packet: the tunnel's and those of PDCP, RLC and MAC
constexpr double SHARING_USERS = 5;   // with that many the quantile is the highest
constexpr double SEGMENT_MBPS = 12;   // below it packets are cut into so many parts that it shows
constexpr double MOST_SEGMENT_S = 40e-3;
constexpr double UTILISATION_MEMORY = 0.8; // per tick
constexpr double SUBFRAME_S = 1e-3;

} // namespace

void
Lte::Begin(const LtePlan& plan, const std::vector<Place>& users, std::uint64_t seed)
{
    m_slices = plan.slices;
    m_utilisation = 0;
    m_users.assign(users.size(), {});
    m_claims.assign(users.size(), {});
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
Lte::Fade(const LtePlan& plan, User& user, double nowS)
{
    if (nowS <= user.fadedS)
    {
        return;
    }
    const double ageMs = (nowS - std::max(user.fadedS, 0.0)) * 1e3;
    const bool fades = plan.coherenceMs > 0;
    if (fades)
    {
        if (ageMs != m_ageMs) // most users are of the same age
        {
            m_ageMs = ageMs;
            m_keep = static_cast<float>(std::exp(-ageMs / plan.coherenceMs));
        }
        const float keep = m_keep;
        const float renewed = std::sqrt(1 - keep * keep) * DIRECT;
        Stream stream = user.stream;
        for (int part = 0; part < 2 * plan.blocks; part += 2)
        {
            float real = 0;
            float imaginary = 0;
            stream.RoughlyNormal(real, imaginary);
            user.gains[part] = keep * user.gains[part] + renewed * real;
            user.gains[part + 1] = keep * user.gains[part + 1] + renewed * imaginary;
        }
        user.stream = stream;
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
        user.cqi[block] = plan.CqiOf(user.snr * gain);
        mean += user.cqi[block] * plan.blockWeight[block];
    }
    user.widebandCqi = static_cast<int>(std::floor(mean + 1e-9));
}

/// The CQIs of the blocks that have `low` and `high` worse ones; `high` is not below `low`.
std::array<int, 2>
Lte::Ranked(const LtePlan& plan, const User& user, int low, int high)
{
    int count[LtePlan::CQI_COUNT]{};
    for (int block = 0; block < plan.blocks; ++block)
    {
        count[user.cqi[block]]++;
    }
    int cqi = 0;
    int below = count[0];
    const auto reach = [&](int rank) {
        while (below <= rank)
        {
            below += count[++cqi];
        }
        return cqi;
    };
    const int lower = reach(low);
    return {lower, reach(high)};
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
        const auto [lower, upper] = Ranked(plan, user, low, high);
        const double mbps = (1 - part) * plan.mbpsOfCqi[lower] + part * plan.mbpsOfCqi[upper];
        const double inner = loads[k].packetBytes / (loads[k].packetBytes + HEADER_BYTES);
        user.rate = std::max(mbps * 1e6 / 8 * plan.efficiency * inner, 1.0);
    }
}

/// Share of the carrier that is granted, of which a share is needed. A proportional fair scheduler
/// gives every group to somebody as long as anybody has data, however little: in all subframes that
/// one of the packets falls in.
double
Lte::Granted(const LtePlan& plan, const std::vector<Load>& loads, double needed, double tickS)
{
    double packets = 0;
    for (const auto& load : loads)
    {
        packets += load.backlog / load.packetBytes;
    }
    const double busy = 1 - std::exp(-packets * SUBFRAME_S / tickS);
    return std::max(needed, needed + plan.idleGrantShare * (busy - needed));
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
    auto& claims = m_claims;
    for (std::size_t k = 0; k < loads.size(); ++k)
    {
        claims[k].slice = plan.sliceOf[k];
        claims[k].prioritized = plan.prioritizes && loads[k].prioritized;
        claims[k].sharedS = 0;
        claims[k].needS = loads[k].backlog > 0 ? loads[k].backlog / m_users[k].rate : 0;
    }
    const double granted =
        ShareCarrier(claims, m_slices, plan.groups, plan.keptShare, tickS) / tickS;
    m_utilisation = UTILISATION_MEMORY * m_utilisation + (1 - UTILISATION_MEMORY) * granted;
    m_elapsedS += tickS;
    double unneeded = 1; // what is granted, over what is needed
    if (plan.idleGrantShare > 0 && granted > 0)
    {
        unneeded = Granted(plan, loads, granted, tickS) / granted;
    }
    for (std::size_t k = 0; k < loads.size(); ++k)
    {
        auto& load = loads[k];
        auto& user = m_users[k];
        load.served = std::min(claims[k].sharedS * user.rate, load.backlog);
        user.grantedS += claims[k].sharedS * unneeded;
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
