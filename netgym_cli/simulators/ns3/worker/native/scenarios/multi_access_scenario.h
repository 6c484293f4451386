// SPDX-License-Identifier: GPL-2.0-only
// What all scenarios on the multi-access network measure, in NetworkGym's vocabulary.
#pragma once
#include "bridge/interval_scenario.h"
#include "scenarios/multi_access.h"

namespace netgym
{

/// A scenario on the multi-access network adds only what a policy does.
class MultiAccessScenario : public IntervalScenario
{
  public:
    explicit MultiAccessScenario(const Settings& settings);

    void Act(const double* policy, std::size_t size) override;

  protected:
    /// Applies a policy; never called without numbers.
    virtual void Apply(const double* policy, std::size_t size) = 0;
    /// Hands control to the default algorithm.
    virtual void ApplyDefault() = 0;

    void BeginInterval() override;
    void EndInterval() override;
    void Measure(Report& report) override;

    MultiAccess m_network;

  private:
    void MeasureFlows(Report& report);
    void MeasureLinks(Report& report);
    void MeasureRadio(Report& report);
    void MeasureSlices(Report& report);
    double TrafficPercent(int user, int link);

    double m_missedActions{1}; // nobody has acted yet
};

} // namespace netgym
