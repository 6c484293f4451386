// SPDX-License-Identifier: Apache-2.0
// Bursts in Startup: what a calibration says of them, and how they go.
#include "traffic/bbr.h"

#include <algorithm>

namespace fluid
{

namespace
{

// Of flows over several links in Startup, some empty their whole buffer at once: reordering that
// the tunnel gave up waiting for looks like loss, recovery ends and the window is restored far too
// large. The mechanism is not modelled, only how often it happens, when it ends and what may
// follow.
constexpr double BURST_FROM_S = 0.12;
constexpr double BURST_TO_S = 0.2;
constexpr double USED_SHARE = 0.02;
constexpr double USED_LTE_SHARE = 0.05; // then bursts are more frequent and faster
constexpr double LTE_FREQUENCY = 1.5;
constexpr double LTE_BURST_BYTES_PER_S = 85e6 / 8;
constexpr double FULL_BUFFER = 0.95;

} // namespace

BbrPlan::BbrPlan(const Settings& settings, const Settings& calibration)
    : serverDelayS(settings.Number("gma.server_delay_ms") * 1e-3),
      bufferBytes(settings.Number("gma.tcp_buffer_bytes")),
      timeoutS(settings.Number("tcp.min_rto_ms") * 1e-3),
      extraShare(calibration.Number("bbr_extra_share")),
      aggregationS(calibration.Number("bbr_aggregation_ms") * 1e-3),
      burstShare(calibration.Number("bbr_burst_probability")),
      burstEndS(calibration.Number("bbr_burst_end_s")),
      burstLossBytes(calibration.Number("bbr_burst_loss_bytes")),
      timeoutShare(calibration.Number("bbr_timeout_probability"))
{
}

/// What a flow sends in a tick that may be in the middle of a burst; `calm` is what it sends
/// otherwise.
double
Bbr::BurstOf(const BbrPlan& plan, const Shares& shares, double calm, double bandwidth, double nowS)
{
    const bool overLte = shares[LTE] > USED_LTE_SHARE;
    const auto used = std::count_if(shares.begin(), shares.end(), [](double share) {
        return share > USED_SHARE;
    });
    if (m_burst == Burst::UNDECIDED && m_state == State::STARTUP && used > 1 &&
        nowS > BURST_FROM_S && nowS < BURST_TO_S)
    {
        const double share = plan.burstShare * (overLte ? LTE_FREQUENCY : 1);
        m_burst = m_stream.Uniform() < share ? Burst::GOING_ON : Burst::NONE;
        m_lostBefore = m_lost;
    }
    double send = calm;
    if (m_burst == Burst::GOING_ON)
    {
        const double pace = std::max(PacingGain() * bandwidth, overLte ? LTE_BURST_BYTES_PER_S : 0);
        send = std::max(0.0, std::min(pace * plan.tickS, plan.bufferBytes - m_sent + m_cumulative));
        if (m_sent - m_cumulative > FULL_BUFFER * plan.bufferBytes || nowS > plan.burstEndS)
        {
            m_burst = Burst::OVER;
            m_state = State::PROBE_BANDWIDTH;
            m_phase = 2;
            m_phaseS = nowS;
            m_window = plan.bufferBytes;
            double& best = m_rates[m_round % ROUNDS];
            best = overLte ? std::max(best, pace / HIGH_GAIN) : best;
        }
    }
    if (m_burst == Burst::OVER && m_lost - m_lostBefore > plan.burstLossBytes &&
        m_stream.Uniform() < plan.timeoutShare)
    {
        m_resumesS = nowS + plan.timeoutS;
        m_burst = Burst::TIMED_OUT;
    }
    return send;
}

} // namespace fluid
