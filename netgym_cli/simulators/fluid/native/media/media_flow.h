// SPDX-License-Identifier: Apache-2.0
// One real-time media flow: paced packets, feedback reports, and NADA between them.
#pragma once
#include "bridge/random.h"
#include "media/media_network.h"
#include "media/nada.h"
#include "packets/packet_meter.h"

namespace fluid
{

/// How a flow's packets look.
struct MediaShape
{
    std::uint32_t packetBytes; ///< of IP
    double jitter;             ///< largest deviation of a gap from its mean, as a fraction
};

class MediaFlow
{
  public:
    static constexpr std::uint8_t KIND = 0;

    MediaFlow(int index, const Nada& nada, MediaShape shape)
        : m_index(index),
          m_shape(shape),
          m_log(nada.windowMs, nada.baseWindowMs)
    {
    }

    /// Before a session: the sender begins at `startNs`.
    void Start(const Nada& nada, std::uint64_t seed, std::int64_t startNs, MediaNetwork& network);
    void Happened(const Nada& nada, const Event& event, MediaNetwork& network);

    /// Sends at this rate from now on; NADA goes on computing its own.
    void SetRate(double kbps, MediaNetwork& network);
    /// NADA sets the rate, from its present one on.
    void FollowNada(MediaNetwork& network);

    void BeginInterval();
    void EndInterval(std::int64_t nowNs);

    const ArrivalLog& Log() const
    {
        return m_log;
    }

    const PacketMeter& Meter() const
    {
        return m_meter;
    }

    /// Mean delay above the base delay.
    double QueuingDelayMs() const;

    /// Mean of the round-trip times that reports brought; without any, the age of the oldest packet
    /// that none has mentioned.
    double RttMs() const
    {
        return m_rttCount > 0 ? m_rttSumMs / m_rttCount : m_unreportedMs;
    }

    /// The log's; 1 where it is empty although a packet is under way for longer than its window.
    double LossFraction(const Nada& nada) const;

    double SignalMs() const
    {
        return m_report.signalMs;
    }

    /// 0 before the flow begins.
    double RateKbps() const
    {
        return m_begun ? m_rateKbps : 0;
    }

    double NadaRateKbps() const
    {
        return m_control.ReferenceKbps();
    }

  private:
    struct Feedback
    {
        std::uint32_t report; ///< its number, from 1
        NadaReport content;
        std::uint32_t newest; ///< number of the newest packet received, when it was sent, and how
                              ///< long ago it arrived
        std::int64_t sentNs;
        std::int64_t heldNs;
    };

    void Begin(const Nada& nada, MediaNetwork& network);
    void SendNext(MediaNetwork& network);
    void PlanNext(MediaNetwork& network);
    void Receive(const Nada& nada, const Packet& packet, MediaNetwork& network);
    void SendFeedback(const Nada& nada, MediaNetwork& network);
    void ReceiveFeedback(const Nada& nada, std::uint32_t report, MediaNetwork& network);

    int m_index;
    MediaShape m_shape;
    Stream m_draw;
    PacketMeter m_meter;
    InFlight m_unreported;

    bool m_begun{false};
    bool m_rateIsSet{false}; ///< by an action
    double m_rateKbps{0};
    double m_gapFactor{1}; ///< this gap's deviation from the mean
    std::uint32_t m_next{0};
    std::int64_t m_lastSentNs{0};
    std::uint32_t m_plan{0}; ///< which plan to send is in force

    ArrivalLog m_log;
    std::uint32_t m_newest{0};
    std::int64_t m_newestSentNs{0};
    std::int64_t m_newestAtNs{0};
    std::uint32_t m_reports{0};
    Fifo<Feedback> m_feedback; ///< under way

    NadaFlow m_control;
    NadaReport m_report; ///< the last received
    double m_rttMs{0};
    double m_rttSumMs{0};
    int m_rttCount{0};
    double m_unreportedMs{0};
};

} // namespace fluid
