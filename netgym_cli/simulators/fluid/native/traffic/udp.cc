// SPDX-License-Identifier: Apache-2.0
#include "traffic/udp.h"

#include "bridge/purposes.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

constexpr double LEAST_FACTOR = 1e-3; // of a swinging load
constexpr double MANY = 40; // packets of a tick, from which on a normal number stands for Poisson's
constexpr double TURN = 6.283185307179586;

/// A Poisson number by multiplying uniform numbers (Knuth, volume 2, 3.4.1.F).
double
Poisson(Stream& stream, double mean)
{
    if (mean > MANY)
    {
        return std::max(0.0, std::floor(mean + std::sqrt(mean) * stream.RoughlyNormal() + 0.5));
    }
    const double end = std::exp(-mean);
    double number = 0;
    for (double product = stream.Uniform(); product > end; product *= stream.Uniform())
    {
        number++;
    }
    return number;
}

} // namespace

void
Udp::Begin(const UdpPlan& plan, std::uint64_t seed, int user, double phaseRad)
{
    m_stream = Stream(seed, Purpose::TRAFFIC, user);
    SetRate(plan, m_stream.Uniform(plan.minMbps, plan.maxMbps));
    m_phaseRad = phaseRad;
}

double
Udp::Send(const UdpPlan& plan, double nowMs, double tickMs)
{
    double mean = m_packetsPerMs * tickMs;
    if (plan.swing > 0)
    {
        const double angle = TURN * (nowMs - tickMs / 2) / plan.periodMs + m_phaseRad;
        mean *= std::max(1 + plan.swing * std::sin(angle), LEAST_FACTOR);
    }
    return (plan.poisson ? Poisson(m_stream, mean) : mean) * plan.packetBytes;
}

} // namespace fluid
