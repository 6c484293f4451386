// SPDX-License-Identifier: GPL-2.0-only
// Shown to Python beside scenario.h, and without includes for the same reason: stepping a scenario
// by what arrives on a socket.
#pragma once

namespace netgym
{

class Scenario;

/// Answers step after step that is asked for on the socket `connection`. True when something else
/// has arrived there, which is left for others to read, or the other side is gone; false when
/// nothing has for `patienceMs` (-1: without limit).
bool Serve(Scenario* scenario, int connection, int patienceMs);

} // namespace netgym
