// SPDX-License-Identifier: GPL-2.0-only
// Which slice may use which resource block group in a subframe: dedicated, prioritized and shared
// groups.
#pragma once
#include <cstdint>
#include <vector>

namespace netgym
{

/// Resource block groups of a slice. `dedicated` groups are its own even when idle. It has priority
/// on the `prioritized` groups; those that it does not need are lent to other slices. Beyond both
/// it may use up to `shared` groups of the remaining ones.
struct SliceShare
{
    int dedicated;
    int prioritized;
    int shared;

    bool operator==(const SliceShare&) const = default;
};

class SlicePlan
{
  public:
    /// One share per slice. The dedicated and prioritized groups of all slices together must fit
    /// into the carrier.
    void SetShares(std::vector<SliceShare> shares)
    {
        m_shares = std::move(shares);
    }

    const std::vector<SliceShare>& Shares() const
    {
        return m_shares;
    }

    /// Whether any of `groups` groups is closed to any slice.
    bool Restricts(int groups) const;
    /// For each of `groups` groups the slices that may use it now, as bits.
    /// `needed` is the number of groups that each slice could fill; `turn` rotates the shared
    /// groups.
    std::vector<std::uint32_t> Allowed(int groups,
                                       const std::vector<int>& needed,
                                       std::uint64_t turn) const;

  private:
    std::vector<SliceShare> m_shares;
};

} // namespace netgym
