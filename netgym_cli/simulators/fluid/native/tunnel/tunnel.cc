// SPDX-License-Identifier: Apache-2.0
#include "tunnel/tunnel.h"

#include <algorithm>

namespace fluid
{

namespace
{

constexpr double NEVER = std::numeric_limits<double>::infinity();
constexpr double MOST_GAP_S = 0.05; // between packets of a link that is hardly used
constexpr double SETTLED_PACKETS =
    2; // overtaken by no more than that is no loss: RFC 8985's reordering
constexpr double FRESH_S = 0.002;

} // namespace

void
Tunnel::Begin()
{
    *this = Tunnel();
}

void
Tunnel::ClearInterval()
{
    m_flow = FlowCount();
    for (auto& link : m_links)
    {
        link.count = LinkCount();
    }
}

void
Tunnel::Offer(double bytes, const Shares& shares, const std::array<Load*, LINKS>& loads)
{
    for (int link = 0; link < LINKS; ++link)
    {
        loads[link]->offered = bytes * shares[link];
        loads[link]->backlog = Backlog(link);
    }
}

/// When what a link brings next was sent, if it is `bytes` beyond what it has brought.
double
Tunnel::Next(const LinkState& link, double bytes, long tick, double tickS)
{
    const double at = link.arrivesS / tickS;
    const double due = link.sent.Between(at, tick) + bytes;
    const long first = static_cast<long>(at) + 1;
    const long last = std::min(tick, first + static_cast<long>(MOST_GAP_S / tickS));
    for (long later = first; later <= last; ++later)
    {
        if (link.sent.At(later) >= due)
        {
            const double before = std::max(link.sent.At(later - 1), due - bytes);
            const double part = (due - before) / std::max(link.sent.At(later) - before, 1e-9);
            return std::max(link.arrivesS, (later - 1 + std::min(part, 1.0)) * tickS);
        }
    }
    return last == tick ? NEVER : link.arrivesS + MOST_GAP_S;
}

void
Tunnel::Deliver(const TunnelPlan& plan,
                const Shares& shares,
                long tick,
                const std::array<double, 3>& thresholdsS,
                const std::array<Load*, LINKS>& loads)
{
    for (int k = 0; k < LINKS; ++k)
    {
        auto& link = m_links[k];
        const double lost = loads[k]->offered - loads[k]->accepted;
        if (plan.bursts)
        {
            Overtake(link, *loads[k], thresholdsS);
        }
        link.accepted += loads[k]->accepted;
        link.sent.Set(tick, link.accepted);
        link.count.sentBytes += loads[k]->offered;
        link.lastSentS = loads[k]->offered > 0 ? tick * plan.tickS : link.lastSentS;
        m_lostBytes += lost;
        if (!plan.bursts)
        {
            m_flow.lostBytes += lost;
        }
        else if (lost > 0)
        {
            link.drops.Push({lost, tick});
        }
        Arrive(link, *loads[k], shares[k] > 0, tick, plan);
    }
    // A packet is held until all links have brought what was sent before it, or until the time-out:
    // twice the difference of the links' delays, within its bounds. A link's next packet is
    // expected a part of the usual time between its packets after the last.
    Shares heldS{};
    double shortestS = NEVER;
    double longestS = -NEVER;
    double newestS = -NEVER;
    for (int k = 0; k < LINKS; ++k)
    {
        const auto& link = m_links[k];
        heldS[k] = NEVER;
        if (link.live)
        {
            // Once something later than its last packet has been delivered, nothing waits for it.
            const bool awaited = shares[k] > 0 || link.lastSentS > m_newestS;
            const double nextBytes = plan.gapShare * loads[0]->packetBytes;
            heldS[k] = awaited ? Next(link, nextBytes, tick, plan.tickS) : NEVER;
            newestS = std::max(newestS, link.arrivesS);
            if (link.lastDelayS > 0)
            {
                shortestS = std::min(shortestS, link.lastDelayS);
                longestS = std::max(longestS, link.lastDelayS);
            }
        }
    }
    const double difference = longestS > shortestS ? longestS - shortestS : 0;
    const double timeoutS = std::clamp(2 * difference, plan.minTimeoutS, plan.maxTimeoutS);
    for (int k = 0; k < LINKS; ++k)
    {
        double othersS = NEVER;
        for (int other = 0; other < LINKS; ++other)
        {
            othersS = other == k ? othersS : std::min(othersS, heldS[other]);
        }
        auto& link = m_links[k];
        const double untilS = std::min(link.arrivesS, std::max(othersS, newestS - timeoutS));
        Release(link, untilS, tick, plan, thresholdsS);
    }
    for (const auto& link : m_links)
    {
        m_newestS = link.live ? std::max(m_newestS, link.releasesS) : m_newestS;
    }
    for (auto& link : m_links)
    {
        GiveUp(link, m_newestS, tick, plan, loads[0]->packetBytes);
        NoticeDrops(link, plan.tickS);
    }
}

/// A packet that a full queue refused is missed once something later has been delivered.
void
Tunnel::NoticeDrops(LinkState& link, double tickS)
{
    while (!link.drops.Empty() && link.drops.Front().tick * tickS <= m_newestS)
    {
        m_flow.lostBytes += link.drops.Pop().bytes;
    }
}

/// Counts as lost what was sent over a link before something that has been delivered and is still
/// under way: it comes too late for its place.
void
Tunnel::GiveUp(LinkState& link,
               double newestS,
               long tick,
               const TunnelPlan& plan,
               double packetBytes)
{
    const double due = link.sent.Between(std::max(newestS, 0.0) / plan.tickS, tick);
    const double from = std::max(link.givenUp, link.served + SETTLED_PACKETS * packetBytes);
    m_flow.lostBytes += std::max(0.0, due - from);
    link.givenUp = std::max(link.givenUp, due);
}

Receipt
Tunnel::Acknowledge(const TunnelPlan& plan, long tick, double packetBytes) const
{
    const double nowS = tick * plan.tickS;
    double firstGapS = NEVER;
    double newestS = -NEVER;
    for (const auto& link : m_links)
    {
        firstGapS = link.awaited ? std::min(firstGapS, link.releasesS) : firstGapS;
        newestS = link.live ? std::max(newestS, link.releasesS) : newestS;
    }
    Receipt receipt;
    receipt.ageS = firstGapS < NEVER ? nowS - firstGapS : FRESH_S;
    receipt.receivedBytes = receipt.inOrderBytes = receipt.lostBytes = m_lostBytes;
    const double inOrderS = firstGapS < NEVER ? firstGapS : nowS;
    double overtaken = 0;
    for (const auto& link : m_links)
    {
        receipt.receivedBytes += link.released;
        const double inOrder = link.sent.Between(inOrderS / plan.tickS, tick);
        receipt.inOrderBytes += std::min(inOrder, link.released);
        if (newestS > -NEVER)
        {
            const double before = link.sent.Between(newestS / plan.tickS, tick);
            overtaken += std::max(0.0, before - link.released);
        }
    }
    receipt.overtakenBytes = std::max(0.0, overtaken - SETTLED_PACKETS * packetBytes);
    return receipt;
}

double
Tunnel::Undelivered() const
{
    double bytes = 0;
    for (const auto& link : m_links)
    {
        bytes += link.accepted - link.released;
    }
    return bytes;
}

double
Tunnel::OldestAgeS(double nowS) const
{
    double oldestS = nowS;
    for (const auto& link : m_links)
    {
        oldestS = std::min(oldestS, link.releasesS);
    }
    return nowS - oldestS;
}

double
Tunnel::OldestAgeS(int link, double nowS) const
{
    return nowS - m_links[link].arrivesS;
}

} // namespace fluid
