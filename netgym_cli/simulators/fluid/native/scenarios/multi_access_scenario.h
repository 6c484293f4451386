// SPDX-License-Identifier: Apache-2.0
// Base class of the scenarios on the multi-access network; docs/nqos_split.md lists what they
// measure.
#pragma once
#include "bridge/scenario.h"
#include "scenarios/multi_access.h"

namespace fluid
{

/// A subclass says where the users' packets go at the start, and what a control vector and the
/// default algorithm do.
template <class Derived>
class MultiAccessScenario;

/// What does not depend on the subclass.
class MultiAccessBase : public Scenario
{
  public:
    MultiAccessBase(const Settings& settings, const Settings& calibration);

    void Start(std::uint64_t seed) override;
    void Act(const double* control) override;
    void Measure(Report& report) const override;

    void PlaceUsers(const std::vector<double>& users) override
    {
        m_network.PlaceUsers(users);
    }

    std::size_t ControlSize() const override
    {
        return static_cast<std::size_t>(m_network.UserCount()) * LINKS;
    }

    void Advance() override
    {
        m_network.Advance();
    }

    double NowMs() const override
    {
        return m_network.NowMs();
    }

    std::uint64_t Ticks() const override
    {
        return m_network.Ticks();
    }

  protected:
    /// A session has begun: sets what is in force until the first action.
    virtual void Open() = 0;
    virtual void Apply(const double* control) = 0;
    virtual void ApplyDefault() = 0;

    /// All of a user's packets over these links.
    void SetAll(const Shares& shares);

    MultiAccess m_network;

  private:
    void MeasureFlows(Report& report) const;
    void MeasureLinks(Report& report) const;
    void MeasureRadio(Report& report) const;
    void MeasureSlice(Report& report, int slice) const;

    bool m_missedAction{true};
};

template <class Derived>
class MultiAccessScenario : public MultiAccessBase
{
  public:
    using MultiAccessBase::MultiAccessBase;

    std::unique_ptr<Scenario> Clone() const override
    {
        return std::make_unique<Derived>(static_cast<const Derived&>(*this));
    }
};

} // namespace fluid
