// SPDX-License-Identifier: Apache-2.0
// What a random stream is for; a number is never used again for another purpose.
#pragma once
#include <cstdint>

namespace fluid
{

namespace Purpose
{
constexpr std::uint64_t WALK = 1;    ///< per user: place and way
constexpr std::uint64_t TRAFFIC = 2; ///< per user: rate and packets' times
constexpr std::uint64_t SWING = 3;   ///< per slice: phase of a varying load
constexpr std::uint64_t NR = 4;      ///< per user: line of sight, shadowing, fading
constexpr std::uint64_t LTE = 5;     ///< per user: fading and lost blocks
constexpr std::uint64_t TCP = 6;     ///< per user: what congestion control draws
constexpr std::uint64_t GRAIN = 7;   ///< per user: where in a packet the measured bytes begin
constexpr std::uint64_t LINK = 8;    ///< per link: which packets it loses
constexpr std::uint64_t RADIO = 9;   ///< per cell: backoff and lost frames
} // namespace Purpose

} // namespace fluid
