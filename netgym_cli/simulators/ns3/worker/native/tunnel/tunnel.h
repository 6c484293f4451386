// SPDX-License-Identifier: GPL-2.0-only
// A multi-access IP tunnel in the manner of GMA (RFC 9188): one end at the anchor and one at the
// user, a UDP socket each, a sequence number on every packet, weights that choose its link, and a
// buffer that restores the order.
#pragma once
#include "measure/meter.h"
#include "radio/access.h"
#include "tunnel/balancer.h"
#include "tunnel/tunnel_header.h"

#include <ns3/event-id.h>
#include <ns3/node.h>
#include <ns3/nstime.h>
#include <ns3/socket.h>

#include <array>
#include <functional>
#include <map>

namespace netgym
{

/// Counts one direction of one user's tunnel; the sending end and the receiving end share it.
struct TunnelMeters
{
    FlowMeter flow;
    std::array<Meter, LINKS> links;
};

/// Bounds of the wait for a missing packet.
struct ReorderTimeout
{
    double minMs;
    double maxMs;
};

class TunnelEnd
{
  public:
    using Deliver = std::function<void(ns3::Ptr<ns3::Packet>)>;
    using Peer = std::function<ns3::Address(int link)>;

    /// `peer` returns the present address of the other end over a link; `deliver` gets the inner
    /// packets in order.
    TunnelEnd(ns3::Ptr<ns3::Node> node,
              std::uint16_t port,
              ReorderTimeout timeout,
              Peer peer,
              Deliver deliver);

    /// Sends an inner packet over the next link of the weighted round robin. Without any link the
    /// packet is dropped.
    void Send(ns3::Ptr<ns3::Packet> inner);
    /// Shares of the links from the next packet on; normalised here, a sum of 0 sends nothing.
    void SetWeights(const std::array<double, LINKS>& weights);

    const std::array<double, LINKS>& Weights() const
    {
        return m_weights;
    }

    /// Whether packets over this link are marked as video (AC_VI on Wi-Fi) from now on.
    void SetPriority(int link, bool prioritized)
    {
        m_priority[link] = prioritized;
    }

    bool Priority(int link) const
    {
        return m_priority[link];
    }

    /// Sends a probe over a link.
    void Probe(int link);
    /// Requests these shares from the other end, over a link.
    void RequestShares(const Units& units, int link);

    /// Called for data and probes.
    std::function<void(int link, double owdMs, std::uint16_t linkSequence)> onArrival;
    std::function<void(const std::array<double, LINKS>&)> onRequest; ///< called for requests

    TunnelMeters* sent{nullptr};     ///< counts what this end sends
    TunnelMeters* received{nullptr}; ///< counts what this end receives

  private:
    struct Held
    {
        ns3::Ptr<ns3::Packet> packet;
        double arrivedMs;
        double sentMs;
    };

    int NextLink();
    void SendOver(int link, const TunnelHeader& header, ns3::Ptr<ns3::Packet> packet);
    void Receive(ns3::Ptr<ns3::Socket> socket);
    void Accept(const TunnelHeader& header, ns3::Ptr<ns3::Packet> inner);
    void Release(ns3::Ptr<ns3::Packet> inner, double sentMs);
    void SkipLost();
    void SkipTo(std::uint32_t sequence);
    void ReleaseRun();
    void Expire();
    double TimeoutMs() const;
    bool EveryActiveLinkIsPast(std::uint32_t sequence) const;

    ReorderTimeout m_timeout;
    Peer m_peer;
    Deliver m_deliver;
    ns3::Ptr<ns3::Socket> m_socket;
    std::array<double, LINKS> m_weights{};
    std::array<double, LINKS> m_credit{};
    std::array<bool, LINKS> m_priority{};
    std::array<std::uint16_t, LINKS> m_nextLinkSequence{};
    std::uint32_t m_nextSequence{0};
    std::uint32_t m_expected{0};
    std::map<std::uint32_t, Held> m_held;

    struct Arrival
    {
        bool any{false};
        std::uint32_t sequence{0};
        double atMs{0};
        double owdMs{0};
    };

    std::array<Arrival, LINKS> m_last{}; ///< latest arrival per link
    ns3::EventId m_expiry;
};

} // namespace netgym
