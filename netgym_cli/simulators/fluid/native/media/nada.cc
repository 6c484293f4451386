// SPDX-License-Identifier: Apache-2.0
#include "media/nada.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace fluid
{

bool
DelayWarping::InForce(const ArrivalLog& log) const
{
    return log.EverLost() && log.CurrentInterval() <= intervals * log.AverageInterval();
}

double
DelayWarping::Of(double queuingDelayMs) const
{
    if (queuingDelayMs < thresholdMs)
    {
        return queuingDelayMs;
    }
    return thresholdMs * std::exp(-decay * (queuingDelayMs / thresholdMs - 1));
}

double
LossPenalty::Smoothed(double ratioBefore, double ratioNow) const
{
    return (1 - smoothing) * ratioBefore + smoothing * ratioNow;
}

double
LossPenalty::AddedTo(double queuingDelayMs, double ratio) const
{
    const double times = ratio / referenceRatio;
    return std::min(mostMs, queuingDelayMs + delayMs * times * times);
}

double
RampUp::Gain(double rttMs) const
{
    // The longer until a report tells of it, the smaller the step.
    return 1 + std::min(mostGain, queueMs / (rttMs + reportMs + settlingMs));
}

double
GradualUpdate::Factor(double rateKbps, double signalMs, double signalBeforeMs, double sinceMs) const
{
    const double offset = (signalMs - restKbpsMs / rateKbps) / horizonMs;
    const double change = (signalMs - signalBeforeMs) / horizonMs;
    return 1 - offsetGain * sinceMs / horizonMs * offset - changeGain * change;
}

Nada::Nada(const Settings& settings)
{
    const auto named = [&](const std::string& name) { return settings.Number("nada." + name); };
    lowestKbps = settings.Number("min_rate_kbps");
    highestKbps = settings.Number("max_rate_kbps");
    windowMs = named("LOGWIN_ms");
    baseWindowMs = named("base_delay_window_ms");
    emptyQueueMs = named("QEPS_ms");
    warping = {named("QTH_ms"), named("LAMBDA"), named("MULTILOSS")};
    penalty = {named("DLOSS_ms"), named("PLRREF"), named("ALPHA"), named("XMAX_ms")};
    rampUp = {named("GAMMA_MAX"), named("QBOUND_ms"), named("DELTA_ms"), named("DFILT_ms")};
    gradual.restKbpsMs = named("PRIO") * named("XREF_ms") * highestKbps;
    gradual.offsetGain = named("KAPPA");
    gradual.changeGain = named("KAPPA") * named("ETA");
    gradual.horizonMs = named("TAU_ms");
}

double
Nada::WithinRange(double rateKbps) const
{
    return std::clamp(rateKbps, lowestKbps, highestKbps);
}

void
NadaFlow::Begin(const Nada& nada, std::int64_t nowNs)
{
    m_referenceKbps = nada.lowestKbps;
    m_obeyedNs = nowNs;
}

NadaReport
NadaFlow::Observed(const Nada& nada, const ArrivalLog& log, std::int64_t nowNs)
{
    NadaReport report;
    report.receivedKbps = log.ReceivedKbps(nowNs);
    report.linkNotFilled = log.Lost() == 0 && !log.HadQueue(nada.emptyQueueMs);

    m_lossRatio = nada.penalty.Smoothed(m_lossRatio, log.LossFraction());
    double delayMs = log.QueuingDelayMs(nada.rampUp.settlingMs, nowNs);
    if (nada.warping.InForce(log))
    {
        delayMs = nada.warping.Of(delayMs);
    }
    report.signalMs = nada.penalty.AddedTo(delayMs, m_lossRatio); // nothing here marks by ECN
    return report;
}

void
NadaFlow::Obey(const Nada& nada, const NadaReport& report, double rttMs, std::int64_t nowNs)
{
    const double sinceMs = static_cast<double>(nowNs - m_obeyedNs) * 1e-6;
    const double reachedKbps =
        report.linkNotFilled
            ? std::max(m_referenceKbps, nada.rampUp.Gain(rttMs) * report.receivedKbps)
            : m_referenceKbps *
                  nada.gradual.Factor(m_referenceKbps, report.signalMs, m_signalMs, sinceMs);
    m_referenceKbps = nada.WithinRange(reachedKbps);
    m_signalMs = report.signalMs;
    m_obeyedNs = nowNs;
}

void
NadaFlow::HoldNear(const Nada& nada, double receivedKbps)
{
    const double reachableKbps = (1 + nada.rampUp.mostGain) * receivedKbps;
    m_referenceKbps = nada.WithinRange(std::min(m_referenceKbps, reachableKbps));
}

} // namespace fluid
