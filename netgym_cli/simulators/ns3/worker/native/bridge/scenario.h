// SPDX-License-Identifier: GPL-2.0-only
// The interface of every scenario. With bridge/stepping.h it is what the worker process shows to
// Python, so it includes nothing of ns-3.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace netgym
{

class Settings;

/// A simulated network, built by its constructor; one per process, as ns-3's simulator is.
class Scenario
{
  public:
    virtual ~Scenario() = default;

    /// One line per measurement: source, name, unit and comma-separated ids, divided by tabs; of
    /// distributions of delays, which come last, also the word `distribution`.
    virtual std::string Layout() const = 0;
    /// Number of values that Read writes now; with distributions it may change in every interval.
    virtual std::size_t Size() const = 0;
    /// Applies a control vector of `size` numbers from now on; size 0 lets the default algorithm
    /// decide.
    virtual void Act(const double* control, std::size_t size) = 0;
    /// Simulates until measurement starts and then one interval.
    virtual void WarmUp() = 0;
    /// Simulates one interval (guard time, then the measured part).
    virtual void Advance() = 0;
    /// Writes the measurement of the last interval.
    virtual void Read(double* values) = 0;
};

/// Builds a registered scenario on a freshly seeded simulator. `settings` holds one key=value per
/// line. Throws std::invalid_argument for an unknown name or a missing key.
Scenario* Create(const std::string& name, const std::string& settings, std::uint64_t seed);
/// Applies control vectors, each preceded by its length, and simulates an interval after each,
/// until they end or the file descriptor `inbox` is readable. Returns how many of the `size`
/// numbers were used.
std::size_t Run(Scenario* scenario, const double* controls, std::size_t size, int inbox);
/// Ends a scenario and its simulator.
void Destroy(Scenario* scenario);
/// Simulated time, ms.
double NowMs();
/// Events executed so far.
std::uint64_t Events();
/// Turns every fatal ns-3 message and abort into a quiet exit with this status, after the message
/// is on stderr.
void ExitOnFatal(int status);

/// Registers a scenario under a name; `make` builds it from its settings.
struct Registration
{
    Registration(const std::string& name, std::function<Scenario*(const Settings&)> make);
};

} // namespace netgym
