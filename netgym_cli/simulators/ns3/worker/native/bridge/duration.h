// SPDX-License-Identifier: GPL-2.0-only
// From the milliseconds of settings and algorithms to ns-3's time.
#pragma once
#include <ns3/nstime.h>

#include <cstdint>

namespace netgym
{

/// Unlike ns3::MilliSeconds, it keeps fractions: cut to whole nanoseconds, ns-3's resolution.
inline ns3::Time
DurationOfMs(double ms)
{
    return ns3::NanoSeconds(static_cast<std::int64_t>(ms * 1e6));
}

} // namespace netgym
