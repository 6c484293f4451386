// SPDX-License-Identifier: Apache-2.0
// A competing TCP flow with a full send buffer, segment by segment.
#pragma once
#include "bridge/settings.h"
#include "media/congestion.h"
#include "media/media_network.h"
#include "packets/fifo.h"

#include <string>

namespace fluid
{

constexpr std::uint32_t TCP_HEADER_BYTES = 52; ///< TCP 20, time stamps 12, IP 20

/// What is the same in all TCP flows of a scenario.
struct TcpSettings
{
    explicit TcpSettings(const Settings& settings);

    std::string algorithm;
    std::uint32_t packetBytes; ///< of IP
    double leastTimeoutMs;
    double granularityMs;
    double delayedAckMs;
    int retries;
    double buffered; ///< segments that both buffers hold
};

/// The sender has selective acknowledgements (RFC 2018), loss detection and recovery after RFC 6675
/// with proportional rate reduction (RFC 6937), time stamps (RFC 7323) and the time-outs of RFC
/// 6298. Every segment that arrives is known to the sender from the acknowledgement that it causes.
/// The handshake is left out: the first segments leave when the connection is opened.
class TcpFlow
{
  public:
    static constexpr std::uint8_t KIND = 1;

    TcpFlow(int index, const TcpSettings& settings)
        : m_index(index),
          m_settings(settings),
          m_window(m_settings.algorithm)
    {
    }

    /// Before a session: the connection is opened at `startNs`.
    void Start(std::int64_t startNs, MediaNetwork& network);
    void Happened(const Event& event, MediaNetwork& network);

  private:
    struct Segment
    {
        bool sacked;
        bool lost;
        bool again; ///< retransmitted since it was lost
    };

    void ReceiveSegment(const Packet& packet, MediaNetwork& network);
    void Acknowledge(std::uint32_t cause, std::int64_t echoNs, MediaNetwork& network);
    void ReceiveAck(const Packet& ack, MediaNetwork& network);
    void Sampled(double rttMs);
    void MarkSacked(std::uint32_t number);
    void FindLost();
    void EnterRecovery();
    void Reduce(int delivered);
    void TimedOut(MediaNetwork& network);
    void Fill(MediaNetwork& network);
    void SendSegment(std::uint32_t number, MediaNetwork& network);
    void PlanTimeout(MediaNetwork& network);

    std::uint32_t Next() const
    {
        return m_first + static_cast<std::uint32_t>(m_segments.Size());
    }

    int m_index;
    TcpSettings m_settings;
    CongestionWindow m_window;

    bool m_open{false};
    std::uint32_t m_first{0}; ///< number of the first segment that is not acknowledged
    Fifo<Segment> m_segments; ///< from it on
    int m_inFlight{0};        ///< RFC 6675: pipe
    int m_sacked{0};
    std::uint32_t m_highestSacked{0};
    std::uint32_t m_roundEnds{0};
    bool m_recovering{false};
    std::uint32_t m_recoveredAt{0}; ///< segment from which on recovery is over
    double m_flightBefore{0};       ///< of proportional rate reduction
    int m_deliveredInRecovery{0};
    int m_sentInRecovery{0};
    double m_smoothRttMs{0};
    double m_rttVarianceMs{0};
    double m_backoff{1};
    int m_timeoutsInARow{0};
    std::uint32_t m_timeoutPlan{0};

    std::uint32_t m_expected{0}; ///< at the receiver
    Fifo<char> m_early;          ///< whether those after it have arrived; the first has not
    int m_unacknowledged{0};
    std::int64_t m_echoNs{0};
    std::uint32_t m_ackPlan{0};
};

} // namespace fluid
