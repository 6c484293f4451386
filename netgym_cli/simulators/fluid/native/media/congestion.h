// SPDX-License-Identifier: Apache-2.0
// The congestion window of a TCP sender: CUBIC (RFC 9438) with HyStart, or Reno (RFC 5681).
#pragma once
#include <cstdint>
#include <string>

namespace fluid
{

class CongestionWindow
{
  public:
    /// The names under which environments know the algorithms that are modelled.
    static bool Knows(const std::string& algorithm);

    explicit CongestionWindow(const std::string& algorithm);

    /// Segments that may be in flight.
    double Segments() const
    {
        return m_window;
    }

    double Threshold() const
    {
        return m_threshold;
    }

    /// So many segments were acknowledged outside recovery; `rttMs` is their round-trip time.
    void Acknowledged(int segments, double rttMs, std::int64_t nowNs);
    /// A round-trip time of slow start, for HyStart; `roundEnds` where it begins a round.
    void SlowStartSample(double rttMs, bool roundBegins);
    /// A loss with `flight` segments in flight: the threshold falls, recovery begins.
    void Lost(double flight);

    /// Recovery sets the window itself (proportional rate reduction, RFC 6937).
    void Set(double segments)
    {
        m_window = segments;
    }

    /// A retransmission time-out with `flight` segments in flight.
    void TimedOut(double flight);

  private:
    void Cubic(double rttMs, std::int64_t nowNs);

    bool m_cubic;
    double m_window{10}; ///< RFC 6928
    double m_threshold{1e9};
    double m_largest{0}; ///< W_max, the window before the last loss
    double m_reno{0};    ///< W_est, what Reno would have
    std::int64_t m_epochNs{-1};
    double m_epochWindow{0};
    double m_leastRttMs{1e9};
    double m_roundRttMs{1e9}; ///< smallest of this round
    int m_roundSamples{0};
};

} // namespace fluid
