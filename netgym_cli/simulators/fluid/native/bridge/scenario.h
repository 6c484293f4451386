// SPDX-License-Identifier: Apache-2.0
// What every fluid scenario is: one network, built from its settings, that lives session by
// session.
#pragma once
#include "bridge/report.h"
#include "bridge/settings.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fluid
{

/// One simulated network. Everything that it draws comes from the seed of its session and nothing
/// is shared with other networks, so a network alone and the same one among thousands are equal bit
/// for bit. A subclass is copied by its copy constructor (see ScenarioOf).
class Scenario
{
  public:
    virtual ~Scenario() = default;

    virtual std::unique_ptr<Scenario> Clone() const = 0;
    /// Numbers in a control vector.
    virtual std::size_t ControlSize() const = 0;
    /// Begins a session: draws the network that belongs to `seed`, simulates until measurement
    /// starts and then one interval.
    virtual void Start(std::uint64_t seed) = 0;

    /// Puts the users of all sessions that begin from now on where others have measured them: for
    /// each x and y, m, and, or NaN, the mean of NR's `max_rate`, Mbit/s, the phase of its load,
    /// rad, and its UDP rate, Mbit/s. Scenarios without places ignore it.
    virtual void PlaceUsers(const std::vector<double>& users)
    {
        (void)users;
    }

    /// Applies a control vector from now on; null lets the default algorithm decide.
    virtual void Act(const double* control) = 0;
    /// Simulates one interval (guard time, then the measured part).
    virtual void Advance() = 0;
    /// Reports the last interval: always the same rows in the same order, before the first start
    /// too.
    virtual void Measure(Report& report) const = 0;
    /// Simulated time since the session began, ms.
    virtual double NowMs() const = 0;
    /// Integration steps since the session began.
    virtual std::uint64_t Ticks() const = 0;
};

/// A scenario that `Derived`'s copy constructor copies.
template <class Derived>
class ScenarioOf : public Scenario
{
  public:
    std::unique_ptr<Scenario> Clone() const override
    {
        return std::make_unique<Derived>(static_cast<const Derived&>(*this));
    }
};

/// Builds a network from its settings and the parameters of a calibration. What is the same in all
/// copies of a network belongs behind a pointer to something constant: copies are made by Clone.
using Factory =
    std::function<std::unique_ptr<Scenario>(const Settings& settings, const Settings& calibration)>;

/// Registers a scenario under the name that adapters know it by; one per scenario, in its own file.
struct Registration
{
    Registration(const std::string& name, Factory make);
};

/// Builds a registered scenario. Throws std::invalid_argument for an unknown name or a missing
/// setting.
std::unique_ptr<Scenario> Create(const std::string& name,
                                 const Settings& settings,
                                 const Settings& calibration);

/// Names of all registered scenarios, in order.
std::vector<std::string> Names();

} // namespace fluid
