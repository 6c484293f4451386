// SPDX-License-Identifier: GPL-2.0-only
// The default splitting algorithm: the receiver balances queueing delay and loss over its links, in
// the manner of GMA's receiver-driven algorithm, and requests other shares from the sender.
#pragma once
#include "radio/access.h"
#include "tunnel/link_delay.h"

#include <ns3/event-id.h>

#include <array>
#include <functional>

namespace netgym
{

/// Units of a burst per link.
using Units = std::array<int, LINKS>;

class Balancer
{
  public:
    /// Links that exist, and whether all packets take one link at a time (steering) or a share each
    /// (splitting).
    struct Mode
    {
        std::array<bool, LINKS> up{};
        bool steer{false};
    };

    using SendRequest = std::function<void(const Units&, int link)>;
    using SendProbe = std::function<void(int link)>;

    /// `sendRequest` sends the requested shares to the sender over a link; `sendProbe` has the
    /// sender probe a link.
    Balancer(Mode mode, SendRequest sendRequest, SendProbe sendProbe);

    /// Units that a burst is divided into.
    int Burst() const
    {
        return m_mode.steer ? 1 : 32;
    }

    bool Running() const
    {
        return m_running;
    }

    /// Starts balancing from these shares.
    void Start(const std::array<double, LINKS>& weights);
    /// Stops balancing.
    void Stop();
    /// A data or probe packet arrived over a link; `linkSequence` counts the packets sent over it.
    void Arrived(int link, double owdMs, std::uint16_t linkSequence);

  private:
    void Request();
    double LongestMs() const;
    void SendProbes();
    void EndInterval();
    void Decide();
    void LeaveSilentLinks();
    bool Rebalance();
    bool AvoidLoss();
    void ReturnToWifi();
    void Move(int from, int to, int units);
    void BeginCycle();
    void RenewWindow(double nowMs);

    Mode m_mode;
    SendRequest m_sendRequest;
    SendProbe m_sendProbe;
    bool m_running{false};
    Units m_units{};
    std::array<LinkDelay, LINKS> m_links;
    int m_packets{0};
    int m_intervals{0};
    double m_beganMs{0};
    double m_windowMs{0};
    double m_leftWifiMs{-1e9};
    ns3::EventId m_timer;
    ns3::EventId m_probing;
};

} // namespace netgym
