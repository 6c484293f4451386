// SPDX-License-Identifier: GPL-2.0-only
// Base class of scenarios that are measured interval by interval: guard time, then the measured
// part.
#pragma once
#include "bridge/delay_report.h"
#include "bridge/duration.h"
#include "bridge/report.h"
#include "bridge/scenario.h"

#include <ns3/nstime.h>
#include <ns3/simulator.h>

#include <algorithm>
#include <vector>

namespace netgym
{

/// A scenario implements what begins and ends with an interval and what was measured.
class IntervalScenario : public Scenario
{
  public:
    IntervalScenario(double startMs, double guardMs, double intervalMs)
        : m_startMs(startMs),
          m_guardMs(guardMs),
          m_intervalMs(intervalMs)
    {
    }

    std::string Layout() const override
    {
        return m_layout;
    }

    std::size_t Size() const override
    {
        return m_size + m_delays.size();
    }

    void WarmUp() override
    {
        RunUntilMeasured(m_startMs);
        Advance();
        Report first(true);
        Measure(first);
        DelayReport delays(true);
        MeasureDelays(delays);
        m_layout = first.Layout() + delays.Layout();
        m_size = first.Values().size();
    }

    void Advance() override
    {
        Run(m_guardMs);
        BeginInterval();
        Run(m_intervalMs);
        EndInterval();
        DelayReport delays(false);
        MeasureDelays(delays);
        m_delays = delays.Numbers();
    }

    void Read(double* values) override
    {
        Report report(false);
        Measure(report);
        const auto end = std::copy(report.Values().begin(), report.Values().end(), values);
        std::copy(m_delays.begin(), m_delays.end(), end);
    }

  protected:
    /// The measured part of a step, ms.
    double IntervalMs() const
    {
        return m_intervalMs;
    }

    /// Length of a step, ms.
    double StepMs() const
    {
        return m_guardMs + m_intervalMs;
    }

    /// Simulates the network from its birth to the time at which measurement starts.
    virtual void RunUntilMeasured(double startMs)
    {
        Run(startMs);
    }

    static void Run(double ms)
    {
        if (ms > 0)
        {
            ns3::Simulator::Stop(DurationOfMs(ms));
            ns3::Simulator::Run();
        }
    }

    /// Resets the counters.
    virtual void BeginInterval() = 0;

    /// The interval is over, and nothing has been read yet.
    virtual void EndInterval()
    {
    }

    /// Writes the last interval's measurement: always the same rows in the same order.
    virtual void Measure(Report& report) = 0;

    /// Writes the last interval's delays, packet by packet: always the same rows in the same order.
    virtual void MeasureDelays(DelayReport&)
    {
    }

  private:
    double m_startMs;
    double m_guardMs;
    double m_intervalMs;
    std::string m_layout;
    std::size_t m_size{0};
    std::vector<double> m_delays;
};

} // namespace netgym
