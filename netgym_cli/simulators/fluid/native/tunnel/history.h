// SPDX-License-Identifier: Apache-2.0
// The last values of something that is noted once a tick.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>

namespace fluid
{

template <int LENGTH>
class History
{
    static_assert((LENGTH & (LENGTH - 1)) == 0, "places are found by masking");

  public:
    double At(long tick) const
    {
        return m_values[tick & (LENGTH - 1)];
    }

    void Set(long tick, double value)
    {
        m_values[tick & (LENGTH - 1)] = value;
    }

    /// Value at a time between ticks, by straight lines; the oldest that is known for times before
    /// it.
    /// @param ticks the time in ticks
    /// @param now the last tick that was set
    double Between(double ticks, long now) const
    {
        const double floor = std::floor(ticks);
        const long first = std::clamp(static_cast<long>(floor), Oldest(now), now);
        const long second = std::min(first + 1, now);
        return At(first) + (ticks - floor) * (At(second) - At(first));
    }

    static long Oldest(long now)
    {
        return std::max(0L, now - LENGTH + 1);
    }

  private:
    std::array<double, LENGTH> m_values{};
};

/// Length of the histories of what a flow sends, ticks: five seconds of 5 ms.
constexpr int LONG_HISTORY = 1024;

} // namespace fluid
