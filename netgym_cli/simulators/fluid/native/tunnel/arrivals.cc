// SPDX-License-Identifier: Apache-2.0
// What comes over a tunnel's links in a tick, what of it is delivered, and how old it is.
#include "tunnel/tunnel.h"

#include <algorithm>

namespace fluid
{

namespace
{

constexpr double LITTLE_BYTES = 1; // less than that is no queue
constexpr double JUMP_TICKS = 4;   // a head of line that moves further in a tick was held back

} // namespace

template <typename Take>
void
Tunnel::Pieces(const LinkState& link, double from, double to, long tick, double tickS, Take take)
{
    long at = tick;
    while (at > History<LONG_HISTORY>::Oldest(tick) && link.sent.At(at - 1) > from)
    {
        at--;
    }
    for (double done = from; done < to && at <= tick; ++at)
    {
        const double end = std::min(link.sent.At(at), to);
        const double begin = at > 0 ? std::min(link.sent.At(at - 1), done) : 0;
        const double all = std::max(link.sent.At(at) - begin, 1e-9);
        const double middleS = (at - 1 + ((done + end) / 2 - begin) / all) * tickS;
        take(end - done, std::max(0.0, tick * tickS - tickS / 2 - middleS));
        done = std::max(done, end);
    }
}

/// The oldest that waits has been overtaken by what is sent from now on, or was thrown away: it is
/// given up. What was overtaken before and comes now is delivered late.
void
Tunnel::Overtake(LinkState& link, const Load& load, const std::array<double, 3>& thresholdsS)
{
    if (load.overtaken > 0)
    {
        const double passed = link.served + load.overtaken;
        m_flow.lostBytes += std::max(0.0, passed - std::max(link.givenUp, link.served));
        link.givenUp = std::max(link.givenUp, passed);
        link.served = passed;
        link.released += load.overtaken;
    }
    if (load.lateBytes > 0)
    {
        const double delayS = load.lateByteS / load.lateBytes + load.delayS;
        link.count.arrivedBytes += load.lateBytes;
        link.count.arrivedByteS += load.lateBytes * delayS;
        link.count.longestS = std::max(link.count.longestS, delayS);
        Count(load.lateBytes, delayS, thresholdsS);
    }
}

void
Tunnel::Arrive(LinkState& link, const Load& load, bool used, long tick, const TunnelPlan& plan)
{
    const double tickS = plan.tickS;
    const double nowS = tick * tickS;
    const double before = link.served;
    link.served = std::min(before + load.served, link.accepted);
    const bool waits = link.accepted - link.served > LITTLE_BYTES;
    long head = std::max(link.headTick, History<LONG_HISTORY>::Oldest(tick));
    while (head < tick && link.sent.At(head) < link.served - 1e-6)
    {
        head++;
    }
    link.headTick = head;
    link.headS = nowS;
    if (waits)
    {
        const double end = link.sent.At(head);
        const double begin = head > 0 ? link.sent.At(head - 1) : 0;
        const double part = end - begin > 1e-9 ? (link.served - begin) / (end - begin) : 1;
        link.headS = (head - 1 + std::clamp(part, 0.0, 1.0)) * tickS;
    }
    const double beforeS = link.arrivesS;
    if (!load.stalled)
    {
        link.arrivesS = std::max(link.headS - load.delayS, beforeS);
    }
    if (link.arrivesS > beforeS)
    {
        link.lastDelayS = nowS - link.arrivesS;
    }
    link.live = used || waits || link.served > before;
    link.awaited = (link.live && used) || waits;
    if (!link.live)
    {
        link.arrivesS = nowS;
    }
    link.arrival = Arrival();
    if (link.served > before && plan.bursts)
    {
        double byteS = 0;
        Pieces(link, before, link.served, tick, tickS, [&](double bytes, double ageS) {
            byteS += bytes * (ageS + load.delayS);
            link.count.longestS = std::max(link.count.longestS, ageS + load.delayS);
        });
        link.arrival = {link.served - before, byteS / (link.served - before)};
        link.count.arrivedBytes += link.served - before;
        link.count.arrivedByteS += byteS;
    }
    else if (link.served > before)
    {
        const double middleS = link.arrivesS - beforeS > JUMP_TICKS * tickS
                                   ? link.headS - load.delayS - tickS / 2
                                   : (link.arrivesS + beforeS) / 2;
        const double delayS = std::max(nowS - tickS / 2 - middleS, load.delayS);
        link.arrival = {link.served - before, delayS};
        link.count.arrivedBytes += link.served - before;
        link.count.arrivedByteS += (link.served - before) * delayS;
        link.count.longestS = std::max(link.count.longestS, delayS);
    }
}

void
Tunnel::Release(LinkState& link,
                double untilS,
                long tick,
                const TunnelPlan& plan,
                const std::array<double, 3>& thresholdsS)
{
    const double tickS = plan.tickS;
    const double beforeS = link.releasesS;
    link.releasesS = std::max(untilS, beforeS);
    const double sent = link.sent.Between(link.releasesS / tickS, tick);
    const double released = std::max(std::min(sent, link.served), link.released);
    const double bytes = released - link.released;
    if (bytes <= 0)
    {
        return;
    }
    if (plan.bursts)
    {
        Pieces(link, link.released, released, tick, tickS, [&](double part, double ageS) {
            Count(part, ageS, thresholdsS);
        });
        link.released = released;
        return;
    }
    link.released = released;
    const double middleS = link.releasesS - beforeS > JUMP_TICKS * tickS
                               ? link.releasesS - tickS
                               : (link.releasesS + beforeS) / 2;
    const double delayS = std::max(0.0, tick * tickS - tickS / 2 - middleS);
    Count(bytes, delayS, thresholdsS);
}

void
Tunnel::Count(double bytes, double delayS, const std::array<double, 3>& thresholdsS)
{
    m_flow.deliveredBytes += bytes;
    m_flow.deliveredByteS += bytes * delayS;
    m_flow.longestS = std::max(m_flow.longestS, delayS);
    for (std::size_t k = 0; k < thresholdsS.size(); ++k)
    {
        m_flow.lateBytes[k] += delayS > thresholdsS[k] ? bytes : 0;
    }
}

} // namespace fluid
