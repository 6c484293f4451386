// SPDX-License-Identifier: Apache-2.0
// TCP with BBR congestion control and a full buffer, as a fluid: Cardwell, Cheng, Yeganeh,
// Jacobson, "BBR Congestion Control", draft-cardwell-iccrg-bbr-congestion-control-00; section
// numbers are its own.
#pragma once
#include "bridge/random.h"
#include "bridge/settings.h"
#include "tunnel/history.h"
#include "tunnel/links.h"
#include "tunnel/tunnel.h"

#include <array>

namespace fluid
{

struct BbrPlan
{
    BbrPlan(const Settings& settings, const Settings& calibration);

    double tickS{0.005};
    double serverDelayS;
    double bufferBytes;    ///< of the sockets
    double timeoutS;       ///< smallest retransmission time-out
    double extraShare;     ///< of the bytes beyond expectation that acknowledgements aggregate
    double aggregationS;   ///< of the rate, that the window always allows for it
    double burstShare;     ///< of flows over several links that empty their buffer during Startup
    double burstEndS;      ///< when such a burst ends
    double burstLossBytes; ///< lost in it, from which on a time-out may follow
    double timeoutShare;   ///< with this probability in a tick
};

class Bbr
{
  public:
    /// @param packetBytes size of its IP packets
    void Begin(double packetBytes, std::uint64_t seed, int user);
    /// Notes what the receiver can acknowledge at the end of a tick.
    void Note(const Receipt& receipt, long tick);
    /// Sends for one tick. @returns bytes that reach the tunnel's anchor in it
    double Send(const BbrPlan& plan, const Shares& shares, double ackDelayS, long tick);

    /// Acknowledgements that go up, 1/s.
    double AckRate() const
    {
        return m_ackRate;
    }

  private:
    enum class State
    {
        STARTUP,
        DRAIN,
        PROBE_BANDWIDTH,
        PROBE_RTT
    };
    enum class Burst
    {
        UNDECIDED,
        NONE,
        GOING_ON,
        OVER,
        TIMED_OUT
    };

    static constexpr double HIGH_GAIN = 2.885; ///< 4.3.2.1: 2 / ln 2, doubles the rate in a round
    static constexpr int SHORT_HISTORY = 256;
    static constexpr int ROUNDS = 10; ///< of the filter of the bottleneck's bandwidth

    void Hear(const BbrPlan& plan, double ackDelayS, long tick);
    void Sample(const BbrPlan& plan, double newBytes, long tick);
    void ChooseState(bool newRound, double bandwidth, double nowS);
    void MeasureExtra(const BbrPlan& plan, bool newRound, double newBytes, double nowS);
    void SetWindow(const BbrPlan& plan, double newBytes);
    double BurstOf(const BbrPlan& plan,
                   const Shares& shares,
                   double calm,
                   double bandwidth,
                   double nowS);
    double Bandwidth() const;
    double PacingGain() const;

    History<SHORT_HISTORY> m_received, m_age, m_overtaken, m_inOrder; // as the receiver knows it
    History<SHORT_HISTORY> m_underWay; // between the server and the anchor
    History<LONG_HISTORY> m_ackedAt, m_sentOfAcked;
    std::array<double, ROUNDS> m_rates{};
    std::array<double, 2> m_extra{};
    Stream m_stream;
    State m_state{State::STARTUP};
    Burst m_burst{Burst::UNDECIDED};
    double m_packetBytes{0};
    double m_sent{0}, m_acked{0}, m_inFlight{0}, m_cumulative{0}, m_lost{0};
    double m_roundEnds{0}; ///< a round ends when what was sent by its start is acknowledged
    int m_round{0};
    double m_rttS{0}, m_minRttS{0}, m_minRttAtS{0};
    double m_lastSentS{0};
    double m_fullBandwidth{0};
    int m_flatRounds{0};
    int m_phase{0};
    double m_phaseS{0}, m_probeRttS{0};
    double m_window{0};
    double m_epochS{0}, m_epochBytes{0};
    double m_ackRate{0};
    double m_resumesS{0};
    double m_lostBefore{0};
    bool m_minRttKnown{false}, m_minRttOld{false}, m_heard{false};
};

} // namespace fluid
