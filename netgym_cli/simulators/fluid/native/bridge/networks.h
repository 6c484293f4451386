// SPDX-License-Identifier: Apache-2.0
// What Python calls: any number of independent networks of one scenario.
#pragma once
#include <cstddef>
#include <cstdint>

extern "C"
{
    struct Networks;

    /// Names of all scenarios, one per line.
    const char* fluid_scenarios();
    /// Why the last call in this thread gave null.
    const char* fluid_error();
    /// Builds `copies` networks. Network k has the parameters of calibration (first + k) modulo
    /// their number. Null if settings or parameters are missing or wrong.
    Networks* fluid_open(const char* scenario,
                         const char* settings,
                         const char* const* calibrations,
                         std::size_t calibrationCount,
                         std::size_t copies,
                         std::size_t first);
    /// Equal networks in the same state, independent of the first from now on.
    Networks* fluid_copy(const Networks* networks);
    void fluid_close(Networks* networks);

    /// One line per measurement: source, name, unit and comma-separated ids, divided by tabs.
    const char* fluid_layout(const Networks* networks);
    /// Values that a network reports.
    std::size_t fluid_size(const Networks* networks);
    /// Numbers of a network's control vector.
    std::size_t fluid_control_size(const Networks* networks);

    /// How many threads, the caller's among them, start and step the networks; 1 when built.
    void fluid_use_threads(Networks* networks, std::size_t threads);
    /// Puts users where others have measured them, in the sessions that begin from now on: `count`
    /// numbers per network, four per user (x and y, m; mean NR rate, Mbit/s, or NaN).
    void fluid_place(Networks* networks, const double* users, std::size_t count);
    /// Begins sessions in the networks whose `chosen` is not 0, or in all if it is null.
    void fluid_start(Networks* networks, const std::int64_t* seeds, const std::uint8_t* chosen);
    /// Simulates one interval in every network. `controls` has a row per network; null, or a row
    /// that begins with NaN, lets the default algorithm decide.
    void fluid_step(Networks* networks, const double* controls);
    /// Writes all networks' last measurements, times (ms) and numbers of integration steps.
    void fluid_read(const Networks* networks,
                    double* values,
                    double* timesMs,
                    std::uint64_t* ticks);
}
