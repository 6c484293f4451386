// SPDX-License-Identifier: Apache-2.0
#include "traffic/bbr.h"

#include "bridge/purposes.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

constexpr double WINDOW_GAIN = 2;                                    // 4.2.3
constexpr std::array<double, 8> CYCLE{1.25, 0.75, 1, 1, 1, 1, 1, 1}; // 4.3.4.1
constexpr double FULL_GROWTH =
    1.25; // 4.3.2.2: less growth than that in three rounds: the pipe is full
constexpr int FLAT_ROUNDS = 3;
constexpr double MIN_RTT_WINDOW_S = 10; // 4.1.2.2
constexpr double PROBE_RTT_S = 0.2;     // 4.3.5
constexpr double INITIAL_PACKETS = 10;  // RFC 6928
constexpr double LEAST_PACKETS = 4;     // 4.2.3.3
constexpr double QUANTUM_PACKETS = 3;   // 4.2.2: allowance for offloaded bursts
constexpr double SEGMENTS_PER_ACK = 2;  // RFC 1122, 4.2.3.2
constexpr double UNKNOWN_RTT_S = 0.1;
constexpr double GUESSED_RTT_S = 0.02; // before the first sample
constexpr double HANDSHAKE_S = 5e-3;   // beyond the servers' round trip
constexpr double MOST_EXTRA_S = 0.1;   // of the rate
constexpr int EXTRA_ROUNDS = 5;        // that each half of the filter of extra bytes spans
constexpr double ACK_RATE_MEMORY = 0.9;

} // namespace

void
Bbr::Begin(double packetBytes, std::uint64_t seed, int user)
{
    *this = Bbr();
    m_packetBytes = packetBytes;
    m_window = INITIAL_PACKETS * packetBytes;
    m_stream = Stream(seed, Purpose::TCP, user);
}

void
Bbr::Note(const Receipt& receipt, long tick)
{
    m_received.Set(tick, receipt.receivedBytes);
    m_age.Set(tick, receipt.ageS);
    m_overtaken.Set(tick, receipt.overtakenBytes);
    m_inOrder.Set(tick, receipt.inOrderBytes);
    m_lost = receipt.lostBytes;
}

double
Bbr::Bandwidth() const
{
    return *std::max_element(m_rates.begin(), m_rates.end());
}

/// Acknowledgements arrive that were sent a way up ago.
void
Bbr::Hear(const BbrPlan& plan, double ackDelayS, long tick)
{
    const double upS = ackDelayS + plan.serverDelayS;
    const double at = std::max(tick - 1 - upS / plan.tickS, 0.0);
    const double received = m_received.Between(at, tick - 1);
    const double newBytes = std::max(received - m_acked, 0.0);
    m_heard = newBytes > 0;
    m_acked += newBytes;
    m_inFlight = std::max(0.0, m_sent - m_acked - m_overtaken.Between(at, tick - 1));
    m_cumulative = m_inOrder.Between(at, tick - 1);
    m_ackedAt.Set(tick, m_acked);
    const double rate = newBytes / plan.tickS / (SEGMENTS_PER_ACK * m_packetBytes);
    m_ackRate = ACK_RATE_MEMORY * m_ackRate + (1 - ACK_RATE_MEMORY) * rate;
    m_rttS = std::max(m_age.Between(at, tick - 1), 0.0) + plan.serverDelayS + upS;
    Sample(plan, newBytes, tick);
}

/// 4.1.1.3 and 4.1.2: delivery rate and round-trip time. The rate is taken over the longer of the
/// times in which the acknowledged bytes were sent and acknowledged.
void
Bbr::Sample(const BbrPlan& plan, double newBytes, long tick)
{
    const double nowS = tick * plan.tickS;
    if (m_heard && (!m_minRttKnown || m_rttS <= m_minRttS))
    {
        m_minRttS = m_rttS;
        m_minRttAtS = nowS;
        m_minRttKnown = true;
    }
    m_minRttOld = m_heard && nowS - m_minRttAtS > MIN_RTT_WINDOW_S && m_state != State::PROBE_RTT;
    m_minRttS = m_minRttOld ? m_rttS : m_minRttS;
    if (m_heard)
    {
        m_lastSentS = nowS - m_rttS;
    }
    m_sentOfAcked.Set(tick, m_lastSentS);
    double rate = 0;
    if (m_heard)
    {
        const long ticks = std::lround(m_rttS / plan.tickS);
        const long back = std::clamp(ticks, 1L, static_cast<long>(LONG_HISTORY) - 2);
        double spanS = std::max(m_rttS, plan.tickS);
        const double sentS = back < tick ? m_sentOfAcked.At(tick - back) : 0;
        if (sentS > 0)
        {
            spanS = std::max(spanS, m_lastSentS - sentS);
        }
        const double before = back < tick ? m_ackedAt.At(tick - back) : 0;
        rate = nowS > m_rttS ? (m_acked - before) / spanS
                             : m_acked / std::max(nowS - 2 * plan.serverDelayS, plan.tickS);
    }
    const bool newRound = m_heard && m_acked >= m_roundEnds;
    if (newRound)
    {
        m_roundEnds = m_sent;
        m_round++;
        m_rates[m_round % ROUNDS] = 0;
    }
    double& best = m_rates[m_round % ROUNDS];
    best = std::max(best, rate);
    ChooseState(newRound, Bandwidth(), nowS);
    MeasureExtra(plan, newRound, newBytes, nowS);
    SetWindow(plan, newBytes);
}

/// 4.3: Startup until the bandwidth grows no more, Drain, then cycles of pacing gains, and now and
/// then a moment with a nearly empty pipe.
void
Bbr::ChooseState(bool newRound, double bandwidth, double nowS)
{
    const double rttS = m_minRttKnown ? m_minRttS : UNKNOWN_RTT_S;
    const double pipe = bandwidth * rttS;
    if (newRound && m_state == State::STARTUP)
    {
        const bool grows = bandwidth >= FULL_GROWTH * m_fullBandwidth;
        m_flatRounds = grows ? 0 : m_flatRounds + 1;
        m_fullBandwidth = grows ? bandwidth : m_fullBandwidth;
        m_state = m_flatRounds >= FLAT_ROUNDS ? State::DRAIN : m_state;
    }
    if (m_state == State::DRAIN && m_inFlight <= pipe)
    {
        m_state = State::PROBE_BANDWIDTH;
        const int drawn = static_cast<int>(m_stream.Uniform() * (CYCLE.size() - 1));
        m_phase = drawn >= 1 ? drawn + 1 : 0; // any but the one that lets the queue drain
        m_phaseS = nowS;
    }
    if (m_state == State::PROBE_BANDWIDTH)
    {
        const double gain = CYCLE[m_phase];
        const bool lasted = nowS - m_phaseS > rttS;
        const bool next = gain > 1   ? lasted && m_inFlight >= gain * pipe
                          : gain < 1 ? lasted || m_inFlight <= pipe
                                     : lasted;
        if (next)
        {
            m_phase = (m_phase + 1) % static_cast<int>(CYCLE.size());
            m_phaseS = nowS;
        }
    }
    if (m_minRttOld && m_state != State::STARTUP)
    {
        m_state = State::PROBE_RTT;
        m_probeRttS = nowS;
    }
    if (m_state == State::PROBE_RTT && nowS - m_probeRttS > PROBE_RTT_S + rttS)
    {
        m_state = State::PROBE_BANDWIDTH;
        m_minRttAtS = m_phaseS = nowS;
    }
}

double
Bbr::PacingGain() const
{
    switch (m_state)
    {
    case State::STARTUP:
        return HIGH_GAIN;
    case State::DRAIN:
        return 1 / HIGH_GAIN;
    case State::PROBE_RTT:
        return 1;
    default:
        return CYCLE[m_phase];
    }
}

/// Bytes acknowledged beyond what the bandwidth lets expect, the most in five to ten rounds: what
/// links aggregate.
void
Bbr::MeasureExtra(const BbrPlan& plan, bool newRound, double newBytes, double nowS)
{
    const double bandwidth = Bandwidth();
    if (m_epochBytes <= bandwidth * (nowS - m_epochS))
    {
        m_epochS = nowS - plan.tickS;
        m_epochBytes = 0;
    }
    m_epochBytes += newBytes;
    const double beyond = m_epochBytes - bandwidth * (nowS - m_epochS);
    double& half = m_extra[m_round / EXTRA_ROUNDS % 2];
    if (newRound && m_round % EXTRA_ROUNDS == 0)
    {
        half = 0;
    }
    half = std::max(half, std::min(std::max(beyond, 0.0), m_window));
}

/// 4.2.3: the congestion window, bytes.
void
Bbr::SetWindow(const BbrPlan& plan, double newBytes)
{
    const double bandwidth = Bandwidth();
    const bool full = m_state == State::PROBE_BANDWIDTH || m_state == State::PROBE_RTT;
    const double gain = full ? WINDOW_GAIN : HIGH_GAIN;
    const double pipe = bandwidth * (m_minRttKnown ? m_minRttS : UNKNOWN_RTT_S);
    double extra = 0;
    if (full)
    {
        extra =
            std::min(plan.extraShare * std::max(m_extra[0], m_extra[1]), bandwidth * MOST_EXTRA_S) +
            bandwidth * plan.aggregationS;
    }
    const double target = gain * pipe + extra + QUANTUM_PACKETS * m_packetBytes;
    if (m_state != State::STARTUP)
    {
        m_window = std::min(m_window + newBytes, target);
    }
    else if (m_window < target || m_acked < INITIAL_PACKETS * m_packetBytes)
    {
        m_window += newBytes;
    }
    m_window = std::max(m_window, LEAST_PACKETS * m_packetBytes);
}

double
Bbr::Send(const BbrPlan& plan, const Shares& shares, double ackDelayS, long tick)
{
    const double nowS = tick * plan.tickS;
    Hear(plan, ackDelayS, tick);
    const double bandwidth = Bandwidth();
    const double window = m_state == State::PROBE_RTT ? LEAST_PACKETS * m_packetBytes : m_window;
    const double pace = bandwidth > 0 ? PacingGain() * bandwidth
                                      : HIGH_GAIN * INITIAL_PACKETS * m_packetBytes / GUESSED_RTT_S;
    const double room = std::min(window - m_inFlight, plan.bufferBytes - m_sent + m_cumulative);
    double send = std::max(0.0, std::min(pace * plan.tickS, room));
    send = BurstOf(plan, shares, send, bandwidth, nowS);
    if (nowS < m_resumesS)
    {
        send = 0;
    }
    else if (m_resumesS > 0) // the time-out is over: begins anew
    {
        m_resumesS = 0;
        m_state = State::STARTUP;
        m_flatRounds = 0;
        m_fullBandwidth = 0;
        m_window = INITIAL_PACKETS * m_packetBytes;
        m_sent = m_acked;
        m_rates.fill(0);
    }
    if (nowS < 2 * plan.serverDelayS + HANDSHAKE_S)
    {
        send = 0;
    }
    m_sent += send;
    m_underWay.Set(tick, send);
    const long lag = std::lround(plan.serverDelayS / plan.tickS);
    return lag < tick ? m_underWay.At(tick - std::min(lag, static_cast<long>(SHORT_HISTORY) - 1))
                      : 0;
}

} // namespace fluid
