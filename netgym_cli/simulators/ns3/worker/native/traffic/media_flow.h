// SPDX-License-Identifier: GPL-2.0-only
// One real-time media flow: paced packets one way, feedback reports the other, and NADA between
// them.
#pragma once
#include "measure/meter.h"
#include "traffic/nada.h"

#include <ns3/address.h>
#include <ns3/event-id.h>
#include <ns3/node.h>
#include <ns3/random-variable-stream.h>
#include <ns3/socket.h>

#include <cstdint>

namespace netgym
{

/// Both ends of a flow. Sizes and rates are those of IP packets, UDP and RTP-like headers included.
class MediaFlow
{
  public:
    struct Shape
    {
        std::uint32_t packetBytes;
        double pacingJitter; ///< largest deviation of a gap between packets from its mean, as a
                             ///< fraction
    };

    MediaFlow(const NadaParameters& nada, Shape shape);
    MediaFlow(const MediaFlow&) = delete;

    /// Installs both ends; the sender starts after `startMs` and a random part of a packet gap.
    void Install(ns3::Ptr<ns3::Node> from,
                 ns3::Ptr<ns3::Node> to,
                 ns3::Ipv4Address address,
                 std::uint16_t port,
                 double startMs);
    /// Sends at this rate from now on; NADA keeps computing its rate.
    void SetRate(double kbps);
    /// NADA sets the rate, starting from its present one.
    void FollowNada();

    void BeginInterval();
    void EndInterval();

    const Meter& Interval() const
    {
        return m_meter;
    }

    const PacketLog& Log() const
    {
        return m_log;
    }

    /// Mean queuing delay of the packets that arrived; without any, the oldest packet's age above
    /// the base delay.
    double QueuingDelayMs() const;

    /// Mean of the round-trip times that feedback brought; without any, the age of the oldest
    /// packet not reported.
    double RttMs() const
    {
        return m_rttCount ? m_rttSumMs / m_rttCount : m_unreportedMs;
    }

    /// The log's, or 1 when the log is empty although a packet has been in flight for longer than
    /// its window.
    double LossFraction() const;

    double XCurrMs() const
    {
        return m_feedback.xCurrMs;
    }

    /// The current rate; 0 before the flow starts.
    double RateKbps() const
    {
        return m_started ? m_rateKbps : 0;
    }

    double NadaRateKbps() const
    {
        return m_sender.RateKbps();
    }

  private:
    void Start();
    void SendNext();
    void ScheduleNext();
    void ReceiveMedia(ns3::Ptr<ns3::Socket> socket);
    void SendFeedback();
    void ReceiveFeedback(ns3::Ptr<ns3::Socket> socket);

    const NadaParameters& m_nada;
    Shape m_shape;
    NadaReceiver m_receiver;
    NadaSender m_sender;
    PacketLog m_log;
    Meter m_meter;
    UnderWay m_unreported;

    ns3::Ptr<ns3::Socket> m_senderSocket;
    ns3::Ptr<ns3::Socket> m_receiverSocket;
    ns3::Address m_destination;
    ns3::Address m_source;
    ns3::Ptr<ns3::UniformRandomVariable> m_draw;
    ns3::EventId m_next;
    bool m_started{false};
    bool m_rateIsSet{false}; ///< whether SetRate, not NADA, sets the rate
    double m_rateKbps;
    double m_gapFactor{1}; ///< this gap's deviation from the mean
    std::uint32_t m_sequence{0};
    std::int64_t m_lastSentNs{0};

    std::uint32_t m_newest{0}; ///< number, sending time and arrival of the last packet received
    std::int64_t m_newestSentNs{0};
    std::int64_t m_newestAtNs{0};
    std::uint32_t m_reportsSent{0};

    std::uint32_t m_lastReport{0}; ///< number of the last report received
    NadaFeedback m_feedback;       ///< and its content
    double m_rttMs{0};
    double m_rttSumMs{0};
    int m_rttCount{0};
    double m_unreportedMs{0};
};

} // namespace netgym
