// SPDX-License-Identifier: Apache-2.0
// Network-Assisted Dynamic Adaptation (NADA) after RFC 8698: its equations, each beside the
// constants that it reads, and what the two ends of a flow remember from report to report.
#pragma once
#include "bridge/settings.h"
#include "media/arrival_log.h"

#include <cstdint>

namespace fluid
{

/// Equation (1). Beside flows that fill the queue until it loses, long delays are made to look
/// short.
struct DelayWarping
{
    double thresholdMs; ///< QTH
    double decay;       ///< LAMBDA
    double intervals;   ///< MULTILOSS: how many mean loss intervals it goes on for after a loss

    bool InForce(const ArrivalLog& log) const;
    double Of(double queuingDelayMs) const;
};

/// The part of equation (2) that losses add to the delay, and the bound on all of it.
struct LossPenalty
{
    double delayMs;        ///< DLOSS, added at the reference ratio
    double referenceRatio; ///< PLRREF
    double smoothing;      ///< ALPHA
    double mostMs;         ///< of the sum, in drafts of the RFC

    double Smoothed(double ratioBefore, double ratioNow) const;
    double AddedTo(double queuingDelayMs, double ratio) const;
};

/// Equations (3) and (4), while the link is not filled.
struct RampUp
{
    double mostGain;   ///< GAMMA_MAX
    double queueMs;    ///< QBOUND: what the step may build up before its effect is reported
    double reportMs;   ///< DELTA, between reports
    double settlingMs; ///< DFILT, over which the delay is filtered

    double Gain(double rttMs) const;
};

/// Equations (5) to (7), where it is.
struct GradualUpdate
{
    double restKbpsMs; ///< PRIO * XREF * RMAX: product of rate and signal at which the rate rests
    double offsetGain; ///< KAPPA
    double changeGain; ///< KAPPA * ETA
    double horizonMs;  ///< TAU

    /// The factor on a rate, for a signal that has been `signalBeforeMs` some time ago.
    double Factor(double rateKbps, double signalMs, double signalBeforeMs, double sinceMs) const;
};

/// RFC 8698 with the values of figure 3, or the user's.
struct Nada
{
    explicit Nada(const Settings& settings);

    DelayWarping warping;
    LossPenalty penalty;
    RampUp rampUp;
    GradualUpdate gradual;
    double lowestKbps;   ///< RMIN
    double highestKbps;  ///< RMAX
    double windowMs;     ///< LOGWIN
    double baseWindowMs; ///< memory of the base delay, which the RFC leaves open
    double emptyQueueMs; ///< QEPS

    double WithinRange(double rateKbps) const;
};

/// A feedback report (section 5.3).
struct NadaReport
{
    double signalMs{0}; ///< x_curr
    double receivedKbps{0};
    bool linkNotFilled{false}; ///< rmode: accelerated ramp-up
};

/// One flow's state. `Nada` is an argument of everything, so that a copy of a network has its own.
class NadaFlow
{
  public:
    /// The sender begins, at the lowest rate.
    void Begin(const Nada& nada, std::int64_t nowNs);
    /// The receiver's report on what its log holds now (section 4.2).
    NadaReport Observed(const Nada& nada, const ArrivalLog& log, std::int64_t nowNs);
    /// The sender obeys a report (section 4.3).
    void Obey(const Nada& nada, const NadaReport& report, double rttMs, std::int64_t nowNs);
    /// Somebody else sets the rate of the packets: that of NADA is no more than what one ramp-up
    /// reaches from what arrives.
    void HoldNear(const Nada& nada, double receivedKbps);

    /// r_ref
    double ReferenceKbps() const
    {
        return m_referenceKbps;
    }

  private:
    double m_lossRatio{0}; ///< the receiver's, smoothed
    double m_referenceKbps{0};
    double m_signalMs{0}; ///< of the last report that was obeyed, and when that was
    std::int64_t m_obeyedNs{0};
};

} // namespace fluid
