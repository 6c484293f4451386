// SPDX-License-Identifier: GPL-2.0-only
// Base class of channels: packets are sent at given times, the clock advances to a given time, and
// the fate of packets is reported. A control vector is the time to simulate to, then port, payload
// bytes and time of each packet; times in ns.
#pragma once
#include "bridge/scenario.h"

#include <ns3/nstime.h>
#include <ns3/packet.h>

#include <vector>

namespace netgym
{

/// A channel's network implements how a packet enters it, and reports arrivals and losses.
class ChannelScenario : public Scenario
{
  public:
    explicit ChannelScenario(std::size_t ports)
        : m_nextNumber(ports, 0)
    {
    }

    /// There is no fixed layout: a measurement lists the events since the last one, four numbers
    /// each: port, packet number, time in ns, and a Fate.
    std::string Layout() const override
    {
        return "";
    }

    std::size_t Size() const override
    {
        return m_events.size();
    }

    void Act(const double* control, std::size_t size) override;
    void WarmUp() override;
    void Advance() override;
    void Read(double* values) override;

  protected:
    enum Fate
    {
        ARRIVED = 0,
        LOST = 1,
    };

    /// Simulates until packets can be sent; the channel's time 0 follows. By default, a
    /// millisecond.
    virtual void Connect();
    /// Sends a packet into the network, now.
    virtual void Transmit(std::uint32_t port, ns3::Ptr<ns3::Packet> packet) = 0;
    /// Records the fate of a packet that begins with its ChannelHeader.
    void RecordFate(ns3::Ptr<const ns3::Packet> packet, Fate fate);

  private:
    void Send(std::uint32_t port, std::uint32_t payloadBytes);

    std::vector<std::uint64_t> m_nextNumber; ///< number of each port's next packet
    std::vector<double> m_events;
    std::int64_t m_originNs{0};
    std::int64_t m_toNs{0};
};

} // namespace netgym
