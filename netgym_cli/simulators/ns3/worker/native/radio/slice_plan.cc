// SPDX-License-Identifier: GPL-2.0-only
#include "radio/slice_plan.h"

#include <algorithm>

namespace netgym
{

bool
SlicePlan::Restricts(int groups) const
{
    return std::any_of(m_shares.begin(), m_shares.end(), [groups](const SliceShare& share) {
        return share.dedicated > 0 || share.prioritized > 0 || share.shared < groups;
    });
}

std::vector<std::uint32_t>
SlicePlan::Allowed(int groups, const std::vector<int>& needed, std::uint64_t turn) const
{
    std::vector<std::uint32_t> allowed(groups, 0);
    std::vector<int> common; // lent groups and those of no slice
    int group = 0;
    for (std::size_t slice = 0; slice < m_shares.size(); ++slice)
    {
        const auto& share = m_shares[slice];
        const std::uint32_t own = 1U << slice;
        for (int i = 0; i < share.dedicated && group < groups; ++i)
        {
            allowed[group++] = own;
        }
        for (int i = 0; i < share.prioritized && group < groups; ++i)
        {
            allowed[group] = own;
            if (share.dedicated + i >= needed[slice])
            {
                common.push_back(group);
            }
            group++;
        }
    }
    while (group < groups)
    {
        common.push_back(group++);
    }
    // Slices that may take only a part of the common groups take neighbouring parts, so that
    // together they cover all.
    std::size_t at = turn;
    for (std::size_t slice = 0; slice < m_shares.size() && !common.empty(); ++slice)
    {
        const std::size_t most = std::min<std::size_t>(m_shares[slice].shared, common.size());
        for (std::size_t i = 0; i < most; ++i)
        {
            allowed[common[(at + i) % common.size()]] |= 1U << slice;
        }
        at += most;
    }
    return allowed;
}

} // namespace netgym
