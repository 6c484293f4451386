// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/nada.h"

#include <algorithm>
#include <cmath>

namespace netgym
{

NadaParameters::NadaParameters(const Settings& settings)
    : PRIO(settings.Number("nada.PRIO")),
      RMIN(settings.Number("min_rate_kbps")),
      RMAX(settings.Number("max_rate_kbps")),
      XREF(settings.Number("nada.XREF_ms")),
      KAPPA(settings.Number("nada.KAPPA")),
      ETA(settings.Number("nada.ETA")),
      TAU(settings.Number("nada.TAU_ms")),
      DELTA(settings.Number("nada.DELTA_ms")),
      LOGWIN(settings.Number("nada.LOGWIN_ms")),
      QEPS(settings.Number("nada.QEPS_ms")),
      DFILT(settings.Number("nada.DFILT_ms")),
      GAMMA_MAX(settings.Number("nada.GAMMA_MAX")),
      QBOUND(settings.Number("nada.QBOUND_ms")),
      MULTILOSS(settings.Number("nada.MULTILOSS")),
      QTH(settings.Number("nada.QTH_ms")),
      LAMBDA(settings.Number("nada.LAMBDA")),
      PLRREF(settings.Number("nada.PLRREF")),
      DLOSS(settings.Number("nada.DLOSS_ms")),
      ALPHA(settings.Number("nada.ALPHA")),
      XMAX(settings.Number("nada.XMAX_ms")),
      baseWindowMs(settings.Number("nada.base_delay_window_ms"))
{
}

NadaFeedback
NadaReceiver::Report(const PacketLog& log, std::int64_t nowNs)
{
    m_lossFraction += m_p.ALPHA * (log.LossFraction() - m_lossFraction);
    const double queuedMs = log.QueuingDelayMs(m_p.DFILT, nowNs);
    // Equation (1): after a loss a long delay counts less, so that NADA gets its share beside
    // loss-based flows.
    const bool warped =
        log.EverLost() && log.CurrentInterval() <= m_p.MULTILOSS * log.AverageInterval();
    const double delayMs = warped && queuedMs >= m_p.QTH
                               ? m_p.QTH * std::exp(-m_p.LAMBDA * (queuedMs - m_p.QTH) / m_p.QTH)
                               : queuedMs;
    // Equation (2), without the term for ECN marks: the bottleneck sets none. Without a bound the
    // square of a heavy loss, as it fades, would drive the rate up through the difference in
    // equation (7).
    const double lossRatio = m_lossFraction / m_p.PLRREF;
    const double xCurrMs = std::min(delayMs + m_p.DLOSS * lossRatio * lossRatio, m_p.XMAX);
    const bool calm = log.Lost() == 0 && !log.QueueBuilt(m_p.QEPS);
    return {calm, xCurrMs, log.ReceivedKbps(nowNs)};
}

void
NadaSender::Update(const NadaFeedback& feedback, double rttMs, std::int64_t nowNs)
{
    const double deltaMs = (nowNs - m_lastNs) * 1e-6;
    if (feedback.rampUp)
    {
        // Equations (3) and (4): the queue that the step itself can build stays below QBOUND.
        const double gamma = std::min(m_p.GAMMA_MAX, m_p.QBOUND / (rttMs + m_p.DELTA + m_p.DFILT));
        m_rateKbps = std::max(m_rateKbps, (1 + gamma) * feedback.receivedKbps);
    }
    else
    {
        // Equations (5) to (7).
        const double offsetMs = feedback.xCurrMs - m_p.PRIO * m_p.XREF * m_p.RMAX / m_rateKbps;
        const double diffMs = feedback.xCurrMs - m_xPrevMs;
        m_rateKbps -= m_p.KAPPA * (deltaMs / m_p.TAU) * (offsetMs / m_p.TAU) * m_rateKbps +
                      m_p.KAPPA * m_p.ETA * (diffMs / m_p.TAU) * m_rateKbps;
    }
    Clip();
    m_xPrevMs = feedback.xCurrMs;
    m_lastNs = nowNs;
}

void
NadaSender::StayNear(double receivedKbps)
{
    m_rateKbps = std::min(m_rateKbps, (1 + m_p.GAMMA_MAX) * receivedKbps);
    Clip();
}

void
NadaSender::Clip()
{
    m_rateKbps = std::clamp(m_rateKbps, m_p.RMIN, m_p.RMAX);
}

} // namespace netgym
