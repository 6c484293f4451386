// SPDX-License-Identifier: GPL-2.0-only
// The carrier of every LTE cell here: band 5 of 3GPP TS 36.101, as channel numbers.
#pragma once

namespace netgym
{

inline constexpr int DL_EARFCN = 5850;  // 860 MHz
inline constexpr int UL_EARFCN = 23850; // 815 MHz

} // namespace netgym
