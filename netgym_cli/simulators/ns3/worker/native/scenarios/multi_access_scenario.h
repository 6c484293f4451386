// SPDX-License-Identifier: GPL-2.0-only
// The measurements of all scenarios on the multi-access network, under NetworkGym's names.
#pragma once
#include "bridge/interval_scenario.h"
#include "scenarios/multi_access.h"

namespace netgym
{

/// A scenario on the multi-access network adds only what a control vector does.
class MultiAccessScenario : public IntervalScenario
{
  public:
    explicit MultiAccessScenario(const Settings& settings);

    void Act(const double* control, std::size_t size) override;

  protected:
    /// Applies a control vector, which is never empty.
    virtual void Apply(const double* control, std::size_t size) = 0;
    /// Lets the default algorithm decide.
    virtual void ApplyDefault() = 0;

    /// Applications start `traffic_lead_ms` earlier; meanwhile the default algorithm decides step
    /// by step.
    void RunUntilMeasured(double startMs) override;
    void BeginInterval() override;
    void EndInterval() override;
    void Measure(Report& report) override;
    void MeasureDelays(DelayReport& report) override;

    MultiAccess m_network;

  private:
    void MeasureFlows(Report& report);
    void MeasureLinks(Report& report);
    void MeasureRadio(Report& report);
    void MeasureSlices(Report& report);
    double TrafficPercent(int user, int link);

    double m_leadMs;
    double m_missedActions{1}; // no action yet
};

} // namespace netgym
