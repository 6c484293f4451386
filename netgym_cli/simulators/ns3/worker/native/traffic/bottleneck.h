// SPDX-License-Identifier: GPL-2.0-only
// One link that all flows share, whose rate, delay and loss follow a trace while packets are on it.
#pragma once
#include "bridge/settings.h"
#include "traffic/varying_rate_device.h"

#include <ns3/error-model.h>
#include <ns3/ipv4-address.h>
#include <ns3/node-container.h>
#include <ns3/point-to-point-channel.h>

namespace netgym
{

/// Senders are at its near end, receivers at its far end. The reverse direction has the same delay,
/// ample rate and no loss. A rate of 0 is an outage: packets wait in the queue.
class Bottleneck
{
  public:
    /// The trace's time 0 is `measurement_start_time_ms`; until its first row the link has the
    /// default rate and delay.
    explicit Bottleneck(const Settings& settings);

    ns3::Ptr<ns3::Node> Near() const
    {
        return m_nodes.Get(0);
    }

    ns3::Ptr<ns3::Node> Far() const
    {
        return m_nodes.Get(1);
    }

    ns3::Ipv4Address FarAddress() const
    {
        return m_farAddress;
    }

    void BeginInterval();
    void EndInterval();

    double RateKbps() const
    {
        return m_now.rateKbps;
    }

    double DelayMs() const
    {
        return m_now.delayMs;
    }

    double LossPercent() const
    {
        return 100 * m_now.loss;
    }

    double QueueBytes() const;

    /// IP rate of all flows received at the far end.
    double DeliveredKbps(double intervalMs) const
    {
        return m_deliveredBytes * 8 / intervalMs;
    }

    /// Share of the interval during which bits were sent; none are in an outage.
    double UtilizationPercent(double intervalMs) const
    {
        return m_sentFor.GetNanoSeconds() * 1e-4 / intervalMs;
    }

  private:
    struct State
    {
        double rateKbps;
        double delayMs;
        double loss;
    };

    void Apply(State state);
    void Delivered(ns3::Ptr<const ns3::Packet> packet);

    ns3::NodeContainer m_nodes;
    ns3::Ipv4Address m_farAddress;
    ns3::Ptr<VaryingRateDevice> m_device;
    ns3::Ptr<ns3::PointToPointChannel> m_channel;
    ns3::Ptr<ns3::RateErrorModel> m_errors;
    State m_now{};
    double m_deliveredBytes{0};
    ns3::Time m_sentFor; ///< in the interval, at its end; before that, until its begin
};

} // namespace netgym
