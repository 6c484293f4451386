// SPDX-License-Identifier: Apache-2.0
#include "media/congestion.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

// RFC 9438, section 4.1 and 4.6; RFC 5681, section 3.1.
constexpr double CUBIC_C = 0.4;
constexpr double CUBIC_BETA = 0.7;
constexpr double RENO_BETA = 0.5;
constexpr double RENO_ALPHA = 3 * (1 - CUBIC_BETA) / (1 + CUBIC_BETA);
constexpr double LEAST_SEGMENTS = 2;
// S. Ha and I. Rhee, "Taming the elephants: new TCP slow start", Computer Networks 55(9), 2011.
constexpr double HYSTART_LEAST_WINDOW = 16;
constexpr double HYSTART_LEAST_RISE_MS = 4;
constexpr double HYSTART_SHARE = 1.0 / 8;
constexpr int HYSTART_SAMPLES = 8;

} // namespace

bool
CongestionWindow::Knows(const std::string& algorithm)
{
    return algorithm == "TcpCubic" || algorithm == "TcpNewReno" || algorithm == "TcpLinuxReno";
}

CongestionWindow::CongestionWindow(const std::string& algorithm)
    : m_cubic(algorithm == "TcpCubic")
{
}

void
CongestionWindow::Acknowledged(int segments, double rttMs, std::int64_t nowNs)
{
    for (; segments > 0; --segments)
    {
        if (m_window < m_threshold)
        {
            m_window += 1;
        }
        else if (m_cubic)
        {
            Cubic(rttMs, nowNs);
        }
        else
        {
            m_window += 1 / m_window;
        }
    }
}

/// RFC 9438, sections 4.2 to 4.5.
void
CongestionWindow::Cubic(double rttMs, std::int64_t nowNs)
{
    if (m_epochNs < 0)
    {
        m_epochNs = nowNs;
        m_epochWindow = m_reno = m_window;
        m_largest = std::max(m_largest, m_window);
    }
    const double peakS = std::cbrt((m_largest - m_epochWindow) / CUBIC_C);
    const double ageS = static_cast<double>(nowNs - m_epochNs) * 1e-9 + rttMs * 1e-3;
    const double target = m_largest + CUBIC_C * std::pow(ageS - peakS, 3);
    m_reno += (m_reno < m_largest ? RENO_ALPHA : 1) / m_window;
    m_window += std::max((std::clamp(target, m_window, 1.5 * m_window) - m_window) / m_window,
                         0.01 / m_window);
    m_window = std::max(m_window, m_reno);
}

void
CongestionWindow::SlowStartSample(double rttMs, bool roundBegins)
{
    if (!m_cubic || m_window >= m_threshold)
    {
        return;
    }
    if (roundBegins)
    {
        m_roundRttMs = 1e9;
        m_roundSamples = 0;
    }
    m_leastRttMs = std::min(m_leastRttMs, rttMs);
    m_roundRttMs = std::min(m_roundRttMs, rttMs);
    const double riseMs = std::max(HYSTART_LEAST_RISE_MS, HYSTART_SHARE * m_leastRttMs);
    if (++m_roundSamples >= HYSTART_SAMPLES && m_window >= HYSTART_LEAST_WINDOW &&
        m_roundRttMs > m_leastRttMs + riseMs)
    {
        m_threshold = m_window;
    }
}

void
CongestionWindow::Lost(double flight)
{
    if (m_cubic)
    {
        // Fast convergence, section 4.7.
        m_largest = m_window < m_largest ? m_window * (1 + CUBIC_BETA) / 2 : m_window;
        m_threshold = std::max(m_window * CUBIC_BETA, LEAST_SEGMENTS);
    }
    else
    {
        m_threshold = std::max(flight * RENO_BETA, LEAST_SEGMENTS);
    }
    m_epochNs = -1;
}

void
CongestionWindow::TimedOut(double flight)
{
    Lost(flight);
    m_window = 1;
}

} // namespace fluid
