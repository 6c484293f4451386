// SPDX-License-Identifier: Apache-2.0
// One user's tunnel: a first-in-first-out queue per link, and delivery in the order of sending.
#pragma once
#include "packets/fifo.h"
#include "radio/load.h"
#include "tunnel/history.h"
#include "tunnel/links.h"

#include <array>
#include <limits>

namespace fluid
{

struct TunnelPlan
{
    double minTimeoutS; ///< bounds of the wait for what is missing
    double maxTimeoutS;
    double gapShare; ///< of a packet that a link may have left to bring without being waited for
    double tickS;
    bool bursts; ///< whether a link may serve much at once, of which every part has its own age
};

/// What an interval carried over one link.
struct LinkCount
{
    double sentBytes{0};
    double arrivedBytes{0};
    double arrivedByteS{0}; ///< sum of bytes times delay
    double longestS{0};
};

/// What an interval delivered to the user, after reordering.
struct FlowCount
{
    double deliveredBytes{0};
    double deliveredByteS{0};
    double longestS{0};
    double lostBytes{0};
    std::array<double, 3> lateBytes{}; ///< later than each threshold
};

/// What a TCP receiver can tell its sender at the end of a tick.
struct Receipt
{
    double receivedBytes{0};  ///< all that arrived or was lost, in whatever order
    double inOrderBytes{0};   ///< up to the first gap
    double overtakenBytes{0}; ///< sent before something that has arrived, and not there yet
    double lostBytes{0};      ///< by full queues
    double ageS{0};           ///< of the newest that everything before has arrived of
};

class Tunnel
{
  public:
    void Begin();
    /// Clears what the interval counts.
    void ClearInterval();
    /// Divides what the user's flow sends in a tick over the links. Fills `offered` and `backlog`.
    void Offer(double bytes, const Shares& shares, const std::array<Load*, LINKS>& loads);
    /// Takes the links' answers: losses, arrivals and, in order, deliveries.
    void Deliver(const TunnelPlan& plan,
                 const Shares& shares,
                 long tick,
                 const std::array<double, 3>& thresholdsS,
                 const std::array<Load*, LINKS>& loads);
    /// For the flow's sender. @param packetBytes size of its packets
    Receipt Acknowledge(const TunnelPlan& plan, long tick, double packetBytes) const;

    /// Waiting in the link's queue, bytes.
    double Backlog(int link) const
    {
        return m_links[link].accepted - m_links[link].served;
    }

    /// Accepted by any link and not yet delivered, bytes.
    double Undelivered() const;
    /// Age of the oldest that is not yet delivered, or not yet over the link, s.
    double OldestAgeS(double nowS) const;
    double OldestAgeS(int link, double nowS) const;

    const FlowCount& Flow() const
    {
        return m_flow;
    }

    const LinkCount& Count(int link) const
    {
        return m_links[link].count;
    }

    /// What came over a link in the last tick.
    struct Arrival
    {
        double bytes{0};
        double delayS{0};
    };

    const Arrival& LastArrival(int link) const
    {
        return m_links[link].arrival;
    }

  private:
    /// What a full queue refused in one tick.
    struct Drop
    {
        double bytes;
        long tick;
    };

    struct LinkState
    {
        History<LONG_HISTORY> sent; ///< bytes that the queue has accepted by the end of each tick
        double accepted{0};
        double served{0};
        double released{0};  ///< delivered to the user
        double arrivesS{0};  ///< when what arrives now was sent
        double headS{0};     ///< when what leaves the queue now was sent
        double releasesS{0}; ///< when what is delivered now was sent
        double lastDelayS{0};
        double lastSentS{-1}; ///< end of the last tick in which something was sent over it
        double givenUp{0};    ///< sent before something that was delivered, served or not
        long headTick{0};
        bool live{false};    ///< used or not yet empty
        bool awaited{false}; ///< something is to come over it
        LinkCount count;
        Arrival arrival;
        Fifo<Drop> drops; ///< that are not noticed yet
    };

    void Overtake(LinkState& link, const Load& load, const std::array<double, 3>& thresholdsS);
    void Arrive(LinkState& link, const Load& load, bool used, long tick, const TunnelPlan& plan);
    /// Calls `take` with the bytes that were sent in each tick between two totals, and their age,
    /// s.
    template <typename Take>
    static void Pieces(const LinkState& link,
                       double from,
                       double to,
                       long tick,
                       double tickS,
                       Take take);
    void Count(double bytes, double delayS, const std::array<double, 3>& thresholdsS);
    static double Next(const LinkState& link, double bytes, long tick, double tickS);
    void NoticeDrops(LinkState& link, double tickS);
    void GiveUp(LinkState& link,
                double newestS,
                long tick,
                const TunnelPlan& plan,
                double packetBytes);
    void Release(LinkState& link,
                 double untilS,
                 long tick,
                 const TunnelPlan& plan,
                 const std::array<double, 3>& thresholdsS);

    std::array<LinkState, LINKS> m_links;
    double m_newestS{-1}; ///< of what has been delivered, when it was sent
    FlowCount m_flow;
    double m_lostBytes{0}; ///< since the session began
    double m_offered{0};   ///< in this tick
};

} // namespace fluid
