// SPDX-License-Identifier: GPL-2.0-only
#include "radio/user_slices.h"

#include <algorithm>

namespace netgym
{

namespace
{

struct Member
{
    int slice;
    int number; ///< within the slice, from 0
    int of;     ///< users of the slice
};

/// Whether the first stands at a smaller fraction of its slice, in whole numbers.
bool
StandsBefore(const Member& first, const Member& second)
{
    return (2 * first.number + 1) * second.of < (2 * second.number + 1) * first.of;
}

} // namespace

std::vector<int>
SlicesOfUsers(const Settings& settings)
{
    const auto perSlice = settings.Numbers("per_slice_config.num_users");
    std::vector<Member> members;
    for (std::size_t slice = 0; slice < perSlice.size(); ++slice)
    {
        const int users = static_cast<int>(perSlice[slice]);
        for (int number = 0; number < users; ++number)
        {
            members.push_back({static_cast<int>(slice), number, users});
        }
    }
    if (settings.Text("user_order", "by_slice") == "interleaved")
    {
        std::stable_sort(members.begin(), members.end(), StandsBefore);
    }
    std::vector<int> slices;
    for (const auto& member : members)
    {
        slices.push_back(member.slice);
    }
    return slices;
}

} // namespace netgym
