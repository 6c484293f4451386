// SPDX-License-Identifier: Apache-2.0
// Network-Assisted Dynamic Adaptation (NADA), RFC 8698: the receiver's signal, and the sender's
// rate.
#pragma once
#include "bridge/settings.h"
#include "media/arrival_log.h"

#include <cstdint>

namespace fluid
{

/// The parameters of RFC 8698, figure 3, and two that it leaves open; times in ms, rates in kbit/s.
struct NadaParameters
{
    explicit NadaParameters(const Settings& settings);

    double priority;        ///< PRIO
    double leastKbps;       ///< RMIN
    double mostKbps;        ///< RMAX
    double referenceMs;     ///< XREF
    double kappa;           ///< KAPPA
    double eta;             ///< ETA
    double tauMs;           ///< TAU
    double deltaMs;         ///< DELTA
    double windowMs;        ///< LOGWIN
    double emptyQueueMs;    ///< QEPS
    double filterMs;        ///< DFILT
    double largestStep;     ///< GAMMA_MAX
    double stepQueueMs;     ///< QBOUND
    double lossMemory;      ///< MULTILOSS
    double warpAboveMs;     ///< QTH
    double lambda;          ///< LAMBDA
    double referenceLoss;   ///< PLRREF
    double lossDelayMs;     ///< DLOSS
    double lossSmoothing;   ///< ALPHA
    double largestSignalMs; ///< bound of the congestion signal, in drafts of the RFC
    double baseWindowMs;    ///< memory of the base delay
};

/// What a feedback report says (RFC 8698, section 5.3).
struct NadaReport
{
    bool rampUp{false}; ///< rmode
    double signalMs{0}; ///< x_curr
    double receivedKbps{0};
};

/// Sections 4.2 and 5.1.
class NadaReceiver
{
  public:
    /// The report that is due now; once per DELTA.
    NadaReport Report(const NadaParameters& nada, const ArrivalLog& log, std::int64_t nowNs);

  private:
    double m_lossFraction{0};
};

/// Section 4.3.
class NadaSender
{
  public:
    void Start(const NadaParameters& nada, std::int64_t nowNs)
    {
        m_rateKbps = nada.leastKbps;
        m_lastNs = nowNs;
    }

    void Update(const NadaParameters& nada,
                const NadaReport& report,
                double rttMs,
                std::int64_t nowNs);
    /// While somebody else sets the flow's rate: NADA's is at most what one ramp-up step reaches
    /// from what is received.
    void StayNear(const NadaParameters& nada, double receivedKbps);

    double RateKbps() const
    {
        return m_rateKbps;
    }

  private:
    double m_rateKbps{0};
    double m_lastSignalMs{0};
    std::int64_t m_lastNs{0};
};

} // namespace fluid
