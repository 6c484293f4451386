// SPDX-License-Identifier: GPL-2.0-only
// A load that varies around its mean as a sine, and how long it takes to bring a packet.
#pragma once

namespace netgym
{

/// A load that varies around its mean as a sine; amplitude 0 is a constant load.
struct Swing
{
    double amplitude{0}; ///< share of the mean, 0 to 1
    double periodMs{1};
    double phaseRad{0};

    /// The load at a time as a share of its mean.
    double Factor(double nowMs) const;

    /// Time after which the load has brought what it would bring in `gapS` if it kept its present
    /// factor, `present`, s. That is `gapS` where the load hardly changes meanwhile; without this,
    /// a packet that is sent at the very minimum would be followed by a pause of many periods.
    double GapS(double gapS, double present, double nowMs) const;
};

} // namespace netgym
