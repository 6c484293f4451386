// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/swing.h"

#include <cmath>

namespace netgym
{

namespace
{

constexpr double SHORT_RAD = 0.1; // a gap of this part of the period: its load counts as constant
constexpr int HALVINGS = 60;

} // namespace

double
Swing::Factor(double nowMs) const
{
    return 1 + amplitude * std::sin(2 * M_PI * nowMs / periodMs + phaseRad);
}

double
Swing::GapS(double gapS, double present, double nowMs) const
{
    const double radPerS = 2e3 * M_PI / periodMs;
    if (amplitude == 0 || gapS * radPerS <= SHORT_RAD)
    {
        return gapS;
    }
    const double angle = 2 * M_PI * nowMs / periodMs + phaseRad;
    const double needS = gapS * present; // at the mean
    const auto broughtS = [&](double s) {
        return s + amplitude * (std::cos(angle) - std::cos(angle + radPerS * s)) / radPerS;
    };
    double low = 0;
    double high = needS + 2 * amplitude / radPerS; // the sine takes away no more than this
    for (int halving = 0; halving < HALVINGS; ++halving)
    {
        const double middle = 0.5 * (low + high);
        (broughtS(middle) < needS ? low : high) = middle;
    }
    return high;
}

} // namespace netgym
