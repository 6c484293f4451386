// SPDX-License-Identifier: GPL-2.0-only
// Network-Assisted Dynamic Adaptation (NADA), RFC 8698: the receiver's congestion signal and the
// sender's rate.
#pragma once
#include "bridge/settings.h"
#include "measure/packet_log.h"

#include <cstdint>

namespace netgym
{

/// The parameters of RFC 8698, figure 3, under its names; times in ms, rates in kbit/s.
struct NadaParameters
{
    explicit NadaParameters(const Settings& settings);

    double PRIO, RMIN, RMAX, XREF, KAPPA, ETA, TAU, DELTA;
    double LOGWIN, QEPS, DFILT, GAMMA_MAX, QBOUND;
    double MULTILOSS, QTH, LAMBDA, PLRREF, DLOSS, ALPHA;
    double XMAX;         ///< largest congestion signal, from the drafts of the RFC
    double baseWindowMs; ///< how long the smallest delay is remembered; the RFC leaves it open
};

/// The content of a feedback report.
struct NadaFeedback
{
    bool rampUp{false};     ///< rmode: true for accelerated ramp-up, false for gradual rate update
    double xCurrMs{0};      ///< aggregate congestion signal
    double receivedKbps{0}; ///< r_recv
};

/// Sections 4.2 and 5.1: from arrivals to the congestion signal.
class NadaReceiver
{
  public:
    explicit NadaReceiver(const NadaParameters& parameters)
        : m_p(parameters)
    {
    }

    /// The report to send now; to be called once per feedback interval.
    NadaFeedback Report(const PacketLog& log, std::int64_t nowNs);

  private:
    const NadaParameters& m_p;
    double m_lossFraction{0};
};

/// Section 4.3: from feedback to the reference rate.
class NadaSender
{
  public:
    explicit NadaSender(const NadaParameters& parameters)
        : m_p(parameters),
          m_rateKbps(parameters.RMIN)
    {
    }

    void Start(std::int64_t nowNs)
    {
        m_lastNs = nowNs;
    }

    void Update(const NadaFeedback& feedback, double rttMs, std::int64_t nowNs);
    /// While the flow's rate is set from outside, bounds NADA's rate to what it could reach from
    /// `receivedKbps` in one step.
    void StayNear(double receivedKbps);

    double RateKbps() const
    {
        return m_rateKbps;
    }

  private:
    void Clip();

    const NadaParameters& m_p;
    double m_rateKbps;
    double m_xPrevMs{0};
    std::int64_t m_lastNs{0};
};

} // namespace netgym
