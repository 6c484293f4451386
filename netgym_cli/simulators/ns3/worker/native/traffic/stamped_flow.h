// SPDX-License-Identifier: GPL-2.0-only
// A downlink flow whose rate follows a compressed day and whose packets carry a time stamp.
#pragma once
#include "measure/meter.h"
#include "traffic/swing.h"

#include <ns3/node.h>
#include <ns3/nstime.h>
#include <ns3/socket.h>

#include <functional>
#include <map>
#include <optional>

namespace netgym
{

/// A raised cosine: from the lowest rate to the highest and back within a period.
struct LoadProfile
{
    double lowMbps;
    double highMbps;
    double periodMs;
    double phase; ///< in periods; at phase 0 the flow starts at its lowest rate

    double RateMbps(ns3::Time now) const;
    /// Time in which the load brings so many megabits from now on, s.
    double GapS(double megabits, ns3::Time now) const;
};

struct BurstShape
{
    std::uint32_t packetBytes; ///< UDP payload
    std::uint32_t burstPackets;
};

class StampedFlow
{
  public:
    /// The user's present address; none while it is out of coverage.
    using Peer = std::function<std::optional<ns3::Ipv4Address>()>;

    /// Evenly spaced bursts of UDP packets from `server` to `user`. A packet that has not arrived
    /// `lostAfterMs` after it was sent is lost, even if it arrives later.
    StampedFlow(ns3::Ptr<ns3::Node> server,
                ns3::Ptr<ns3::Node> user,
                BurstShape shape,
                double lostAfterMs,
                LoadProfile profile,
                Peer peer);

    void StartIn(ns3::Time delay);

    void BeginInterval()
    {
        m_meter.Clear();
    }

    void EndInterval();

    const FlowMeter& Meter() const
    {
        return m_meter;
    }

    FlowMeter& Meter()
    {
        return m_meter;
    }

  private:
    void SendBurst();
    void Receive(ns3::Ptr<ns3::Socket> socket);

    BurstShape m_shape;
    double m_lostAfterMs;
    LoadProfile m_profile;
    Peer m_peer;
    ns3::Ptr<ns3::Socket> m_sender;
    ns3::Ptr<ns3::Socket> m_receiver;
    FlowMeter m_meter;
    std::uint32_t m_nextSequence{0};
    /// Sent and neither received nor lost: sequence to time, ns.
    std::map<std::uint32_t, std::int64_t> m_outstanding;
};

} // namespace netgym
