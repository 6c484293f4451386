// SPDX-License-Identifier: Apache-2.0
#include "media/nada.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

NadaParameters::NadaParameters(const Settings& settings)
    : priority(settings.Number("nada.PRIO")),
      leastKbps(settings.Number("min_rate_kbps")),
      mostKbps(settings.Number("max_rate_kbps")),
      referenceMs(settings.Number("nada.XREF_ms")),
      kappa(settings.Number("nada.KAPPA")),
      eta(settings.Number("nada.ETA")),
      tauMs(settings.Number("nada.TAU_ms")),
      deltaMs(settings.Number("nada.DELTA_ms")),
      windowMs(settings.Number("nada.LOGWIN_ms")),
      emptyQueueMs(settings.Number("nada.QEPS_ms")),
      filterMs(settings.Number("nada.DFILT_ms")),
      largestStep(settings.Number("nada.GAMMA_MAX")),
      stepQueueMs(settings.Number("nada.QBOUND_ms")),
      lossMemory(settings.Number("nada.MULTILOSS")),
      warpAboveMs(settings.Number("nada.QTH_ms")),
      lambda(settings.Number("nada.LAMBDA")),
      referenceLoss(settings.Number("nada.PLRREF")),
      lossDelayMs(settings.Number("nada.DLOSS_ms")),
      lossSmoothing(settings.Number("nada.ALPHA")),
      largestSignalMs(settings.Number("nada.XMAX_ms")),
      baseWindowMs(settings.Number("nada.base_delay_window_ms"))
{
}

NadaReport
NadaReceiver::Report(const NadaParameters& nada, const ArrivalLog& log, std::int64_t nowNs)
{
    m_lossFraction =
        (1 - nada.lossSmoothing) * m_lossFraction + nada.lossSmoothing * log.LossFraction();
    // Equation (1): non-linear warping, for MULTILOSS average loss intervals after a loss.
    double delayMs = log.QueuingDelayMs(nada.filterMs, nowNs);
    if (delayMs >= nada.warpAboveMs && log.EverLost() &&
        log.CurrentInterval() <= nada.lossMemory * log.AverageInterval())
    {
        const double excess = delayMs / nada.warpAboveMs - 1;
        delayMs = nada.warpAboveMs * std::exp(-nada.lambda * excess);
    }
    // Equation (2); there are no ECN marks.
    const double relativeLoss = m_lossFraction / nada.referenceLoss;
    const double signalMs = delayMs + nada.lossDelayMs * relativeLoss * relativeLoss;
    const bool rampUp = log.Lost() == 0 && !log.HadQueue(nada.emptyQueueMs);
    return {rampUp, std::min(signalMs, nada.largestSignalMs), log.ReceivedKbps(nowNs)};
}

void
NadaSender::Update(const NadaParameters& nada,
                   const NadaReport& report,
                   double rttMs,
                   std::int64_t nowNs)
{
    const double deltaMs = static_cast<double>(nowNs - m_lastNs) * 1e-6;
    if (report.rampUp)
    {
        // Equations (3) and (4).
        const double reactionMs = rttMs + nada.deltaMs + nada.filterMs;
        const double step = std::min(nada.largestStep, nada.stepQueueMs / reactionMs);
        m_rateKbps = std::max(m_rateKbps, (1 + step) * report.receivedKbps);
    }
    else
    {
        // Equations (5) to (7).
        const double targetMs = nada.priority * nada.referenceMs * nada.mostKbps / m_rateKbps;
        const double offset = (report.signalMs - targetMs) / nada.tauMs;
        const double change = (report.signalMs - m_lastSignalMs) / nada.tauMs;
        m_rateKbps *=
            1 - nada.kappa * deltaMs / nada.tauMs * offset - nada.kappa * nada.eta * change;
    }
    m_rateKbps = std::clamp(m_rateKbps, nada.leastKbps, nada.mostKbps);
    m_lastSignalMs = report.signalMs;
    m_lastNs = nowNs;
}

void
NadaSender::StayNear(const NadaParameters& nada, double receivedKbps)
{
    const double reachable = (1 + nada.largestStep) * receivedKbps;
    m_rateKbps = std::clamp(std::min(m_rateKbps, reachable), nada.leastKbps, nada.mostKbps);
}

} // namespace fluid
