// SPDX-License-Identifier: Apache-2.0
#include "radio/slices.h"

#include "radio/sharing.h"

#include <algorithm>

namespace fluid
{

namespace
{

constexpr int ANY_SLICE = -1;

/// Gives `amount` to the claims of a slice: to prioritised ones first. @returns what is left of it
double
Give(std::vector<Claim>& claims, int slice, double amount)
{
    for (const bool prioritized : {true, false})
    {
        double needs[MOST_SHARERS];
        double shares[MOST_SHARERS];
        std::size_t who[MOST_SHARERS];
        std::size_t count = 0;
        for (std::size_t k = 0; k < claims.size(); ++k)
        {
            const auto& claim = claims[k];
            const double left = claim.needS - claim.sharedS;
            if (claim.prioritized == prioritized && left > 0 &&
                (slice == ANY_SLICE || claim.slice == slice))
            {
                needs[count] = left;
                shares[count] = claim.sharedS;
                who[count++] = k;
            }
        }
        if (count > 0 && amount > 0)
        {
            amount = MaxMinFair(needs, shares, count, amount);
            for (std::size_t k = 0; k < count; ++k)
            {
                claims[who[k]].sharedS = shares[k];
            }
        }
    }
    return amount;
}

double
SharedBy(const std::vector<Claim>& claims, int slice)
{
    double sum = 0;
    for (const auto& claim : claims)
    {
        sum += slice == ANY_SLICE || claim.slice == slice ? claim.sharedS : 0;
    }
    return sum;
}

bool
Restricts(const std::vector<SliceShare>& slices, int groups)
{
    return std::any_of(slices.begin(), slices.end(), [groups](const SliceShare& slice) {
        return slice.dedicated > 0 || slice.prioritized > 0 || slice.shared < groups;
    });
}

/// Divides the common groups: first by need alone, then, where a slice would exceed what it may
/// take of them, that slice is cut to it and the others share what it leaves.
void
ShareCommon(std::vector<Claim>& claims,
            const std::vector<SliceShare>& slices,
            double groupS,
            double commonS)
{
    const std::vector<Claim> before = claims;
    std::vector<bool> cut(slices.size(), false);
    bool again = true;
    while (again)
    {
        again = false;
        claims = before;
        double leftS = commonS;
        for (std::size_t slice = 0; slice < slices.size(); ++slice)
        {
            if (cut[slice])
            {
                const double mostS = std::min(slices[slice].shared * groupS, leftS);
                leftS -= mostS - Give(claims, static_cast<int>(slice), mostS);
            }
        }
        std::vector<Claim> others;
        std::vector<std::size_t> who;
        for (std::size_t k = 0; k < claims.size(); ++k)
        {
            if (!cut[claims[k].slice])
            {
                others.push_back(claims[k]);
                who.push_back(k);
            }
        }
        Give(others, ANY_SLICE, leftS);
        for (std::size_t slice = 0; slice < slices.size(); ++slice)
        {
            const double taken = SharedBy(others, static_cast<int>(slice)) -
                                 SharedBy(before, static_cast<int>(slice));
            if (!cut[slice] && taken > slices[slice].shared * groupS * (1 + 1e-9))
            {
                cut[slice] = again = true;
            }
        }
        for (std::size_t k = 0; k < who.size(); ++k)
        {
            claims[who[k]].sharedS = others[k].sharedS;
        }
    }
}

} // namespace

std::vector<int>
SlicesOfUsers(const Settings& settings)
{
    struct Turn
    {
        double fraction; ///< of its slice that stands before the user, with half of the user
        int slice;
    };

    const auto sizes = settings.Numbers("per_slice_config.num_users");
    const bool interleaved = settings.Text("user_order", "by_slice") == "interleaved";
    std::vector<Turn> turns;
    for (std::size_t slice = 0; slice < sizes.size(); ++slice)
    {
        for (double before = 0; before < sizes[slice]; ++before)
        {
            const double fraction = interleaved ? (2 * before + 1) / (2 * sizes[slice]) : 0;
            turns.push_back({fraction, static_cast<int>(slice)});
        }
    }
    std::stable_sort(turns.begin(), turns.end(), [](const Turn& one, const Turn& other) {
        return one.fraction < other.fraction;
    });
    std::vector<int> slices;
    for (const auto& turn : turns)
    {
        slices.push_back(turn.slice);
    }
    return slices;
}

double
ShareCarrier(std::vector<Claim>& claims,
             const std::vector<SliceShare>& slices,
             int groups,
             double keptShare,
             double tickS)
{
    if (!Restricts(slices, groups))
    {
        return tickS - Give(claims, ANY_SLICE, tickS);
    }
    const double groupS = tickS / groups;
    double commonS = tickS;
    for (std::size_t slice = 0; slice < slices.size(); ++slice)
    {
        const auto& share = slices[slice];
        const double ownS = (share.dedicated + share.prioritized) * groupS;
        const double idleS = Give(claims, static_cast<int>(slice), ownS);
        const double keptS = keptShare * std::min(idleS, ownS - idleS);
        commonS += std::min(idleS - keptS, share.prioritized * groupS) - ownS;
    }
    ShareCommon(claims, slices, groupS, std::max(commonS, 0.0));
    return SharedBy(claims, ANY_SLICE);
}

} // namespace fluid
