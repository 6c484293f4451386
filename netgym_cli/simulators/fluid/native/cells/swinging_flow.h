// SPDX-License-Identifier: Apache-2.0
// A user's download: bursts of packets whose rate follows a day, and what became of each packet.
#pragma once
#include "bridge/settings.h"
#include "packets/fifo.h"
#include "packets/packet_meter.h"

#include <cstdint>

namespace fluid
{

/// What is the same for all users.
struct FlowPlan
{
    explicit FlowPlan(const Settings& settings);

    double leastMbps;
    double mostMbps;
    double periodMs;
    double packetBytes; ///< UDP payload
    int burstPackets;
    double lateMs;    ///< above it, a packet is late
    double lateShare; ///< largest share of late packets
    double lossShare; ///< largest share of lost packets
    double lostMs;    ///< above it, a packet is lost
};

class SwingingFlow
{
  public:
    /// Before a session; `phase` in periods: at 0 the day begins in its quietest moment.
    void Start(double phase);

    /// Sends a burst: the number of its first packet.
    std::uint32_t SendBurst(const FlowPlan& plan, std::int64_t nowNs);
    /// Time in which the load brings the next burst.
    std::int64_t GapNs(const FlowPlan& plan, std::int64_t nowNs) const;
    void Received(const FlowPlan& plan, std::uint32_t number, std::int64_t nowNs);

    void BeginInterval();
    void EndInterval(const FlowPlan& plan, std::int64_t nowNs);

    const PacketMeter& Meter() const
    {
        return m_meter;
    }

    double LossFraction() const;
    bool QosMet(const FlowPlan& plan) const;

  private:
    struct Sent
    {
        std::int64_t atNs;
        bool arrived;
    };

    double RateMbps(const FlowPlan& plan, double nowMs) const;

    double m_phase{0};
    PacketMeter m_meter;
    std::uint32_t m_first{0}; ///< number of the first packet that is not decided upon
    Fifo<Sent> m_sent;        ///< from it on
    double m_late{0};
    double m_lost{0};
};

} // namespace fluid
