// SPDX-License-Identifier: Apache-2.0
// What the flows of a bottleneck share: the clock, the link one way and a fast one back.
#pragma once
#include "bridge/random.h"
#include "media/bottleneck.h"
#include "packets/event_queue.h"

#include <cstdint>

namespace fluid
{

/// What may happen. The first group is the network's own, the others are the flows'.
enum class Happening : std::uint8_t
{
    TRACE,
    LINK,
    ARRIVAL,
    MEDIA_START,
    MEDIA_SEND,
    MEDIA_REPORT,
    MEDIA_FEEDBACK,
    UDP_SEND,
    TCP_START,
    TCP_ACK,
    TCP_DELAYED_ACK,
    TCP_TIMEOUT,
};

struct Event
{
    Happening what;
    std::uint8_t flow; ///< index among the flows of its kind
    std::uint32_t tag; ///< tells what is in force from what has been replaced
    Packet packet;     ///< of an arrival
};

class MediaNetwork
{
  public:
    explicit MediaNetwork(const Settings& settings)
        : m_measuredFromMs(settings.Number("measurement_start_time_ms")),
          m_link(settings)
    {
    }

    /// Everything as it is when a session begins, but for what flows plan.
    void Start(std::uint64_t seed);

    std::int64_t NowNs() const
    {
        return m_events.NowNs();
    }

    void Plan(std::int64_t atNs, Happening what, int flow, std::uint32_t tag = 0)
    {
        m_events.Plan(atNs, {what, static_cast<std::uint8_t>(flow), tag, {}});
    }

    void Plan(std::int64_t atNs, const Event& event)
    {
        m_events.Plan(atNs, event);
    }

    /// Puts a packet in front of the bottleneck; it may arrive.
    void Send(const Packet& packet);
    /// When a packet of so many bytes that is sent back now is there.
    std::int64_t BackAtNs(int bytes) const;

    /// Lets everything happen that is due before `endNs`; `flows(event)` is told what concerns
    /// flows.
    template <typename Flows>
    void RunUntil(std::int64_t endNs, Flows flows)
    {
        while (m_events.Due(endNs))
        {
            const Event event = m_events.Next();
            if (!Happened(event))
            {
                flows(event);
            }
        }
        m_events.AdvanceTo(endNs);
    }

    void BeginInterval()
    {
        m_deliveredBytes = 0;
        m_busyBeforeNs = m_link.BusyNs(NowNs());
    }

    void EndInterval()
    {
        m_busyNs = m_link.BusyNs(NowNs()) - m_busyBeforeNs;
    }

    const Bottleneck& Link() const
    {
        return m_link;
    }

    double DeliveredKbps(double intervalMs) const
    {
        return m_deliveredBytes * 8 / intervalMs;
    }

    double UtilizationPercent(double intervalMs) const
    {
        return static_cast<double>(m_busyNs) * 1e-4 / intervalMs;
    }

    std::uint64_t Events() const
    {
        return m_events.Happened();
    }

  private:
    /// Deals with what is the network's own; whether it was.
    bool Happened(const Event& event);
    void PlanLink();

    double m_measuredFromMs;
    Bottleneck m_link;
    EventQueue<Event> m_events;
    Stream m_losses;
    double m_deliveredBytes{0};
    std::int64_t m_busyBeforeNs{0};
    std::int64_t m_busyNs{0};
    std::uint32_t m_planned{0}; ///< which of the link's plans is among the events
};

} // namespace fluid
