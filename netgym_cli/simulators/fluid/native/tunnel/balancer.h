// SPDX-License-Identifier: Apache-2.0
// The default splitting algorithm, as docs/nqos_split.md describes it: the receiver compares its
// links' queueing delays and losses and asks the sender for other shares.
#pragma once
#include "tunnel/links.h"

#include <array>

namespace fluid
{

/// What came over one link in a tick.
struct LinkTick
{
    bool exists{false};
    double packets{0};
    double delayS{0};      ///< mean of these packets; without any, what a probe would meet
    double lostPackets{0}; ///< at the sender's side
};

class Balancer
{
  public:
    /// @param steers whether all packets take one link at a time
    /// Begins from the shares in force, with nothing remembered.
    void Start(bool steers,
               const Shares& shares,
               const std::array<bool, LINKS>& exists,
               double nowS);

    void Stop()
    {
        m_running = false;
    }

    bool Running() const
    {
        return m_running;
    }

    /// Takes a tick in. @returns whether `shares` has become what the sender is to use
    bool Tick(const std::array<LinkTick, LINKS>& links, double nowS, double tickS, Shares& shares);

  private:
    struct LinkState
    {
        double packets{0}, delayPackets{0}; ///< of this interval
        double meanS{0}, previousMeanS{0};
        double lowestS{-1}, lowestBeforeS{-1}; ///< of this window and the one before
        double due{0}, lost{0};                ///< of this cycle
        double heardS{0};
        int streak{0};
        bool silent{false};
    };

    int Units() const;
    double QueueingS(int link) const;
    double Loss(int link) const;
    void BeginCycle(double nowS);
    void EndInterval(double nowS, double roundTripS);
    void Decide(double nowS);
    bool Rebalance();
    bool AvoidLoss();
    void LeaveSilentLinks();
    void Move(int from, int to, int units, double nowS);

    bool m_running{false};
    bool m_steers{false};
    std::array<bool, LINKS> m_exists{};
    std::array<int, LINKS> m_units{};
    std::array<LinkState, LINKS> m_links{};
    double m_intervalEndsS{0}, m_intervalBeganS{0}, m_windowS{0}, m_probeS{0};
    double m_packets{0};
    int m_intervals{0};
    double m_leftWifiS{-1e9};
    double m_nowS{0};
    bool m_asked{false};
    double m_arrivesS{0}; ///< when the request that is under way reaches the sender
};

} // namespace fluid
