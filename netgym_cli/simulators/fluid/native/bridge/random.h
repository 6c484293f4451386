// SPDX-License-Identifier: Apache-2.0
// Random numbers: a stream for each purpose and entity of a network, from the seed of its session.
#pragma once
#include <cmath>
#include <cstdint>

namespace fluid
{

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): eight bytes of state, the same numbers on every
/// machine. Streams of one seed begin at places that a hash sets far apart. Because what is drawn
/// for one purpose does not depend on another, sessions of the same seed under different actions
/// have the same users in the same places.
class Stream
{
  public:
    Stream() = default;

    /// The stream of `purpose` (any number that tells what is drawn) for entity `index`.
    Stream(std::uint64_t seed, std::uint64_t purpose, std::uint64_t index = 0)
        : m_state(Mix(Mix(Mix(seed + GOLDEN) + purpose) + index))
    {
    }

    std::uint64_t Bits()
    {
        m_state += GOLDEN;
        return Mix(m_state);
    }

    /// Uniform in [0, 1).
    double Uniform()
    {
        return static_cast<double>(Bits() >> 11) * 0x1p-53;
    }

    /// Uniform in [low, high).
    double Uniform(double low, double high)
    {
        return low + (high - low) * Uniform();
    }

    /// Whole number, uniform in [low, high].
    double WholeNumber(double low, double high)
    {
        return low + std::floor(Uniform() * (high - low + 1));
    }

    /// Exponential with this mean.
    double Exponential(double mean)
    {
        return -mean * std::log(1 - Uniform());
    }

    /// Standard normal, by Marsaglia's polar method.
    double Normal()
    {
        double a = 0;
        double b = 0;
        double square = 0;
        do
        {
            a = 2 * Uniform() - 1;
            b = 2 * Uniform() - 1;
            square = a * a + b * b;
        } while (square >= 1 || square == 0);
        return a * std::sqrt(-2 * std::log(square) / square);
    }

    /// Close to standard normal at a fraction of the cost: the number of ones in 48 bits, smoothed
    /// by the other 16; within +-7 standard deviations, kurtosis 2.96.
    double RoughlyNormal()
    {
        constexpr double DEVIATION = 3.476109; // sqrt(48 / 4 + 1 / 12)
        const std::uint64_t bits = Bits();
        const auto ones = static_cast<double>(Ones(bits >> 16));
        const double smooth = static_cast<double>(bits & 0xFFFF) * 0x1p-16;
        return (ones - 24.5 + smooth) * (1 / DEVIATION);
    }

    /// Two numbers at once, each from 24 ones and 8 bits; within +-5 standard deviations,
    /// kurtosis 2.92.
    void RoughlyNormal(float& one, float& other)
    {
        constexpr float SCALE = 1 / 2.466441F; // sqrt(24 / 4 + 1 / 12)
        const std::uint64_t bits = Bits();
        const std::uint64_t pairs = Pairs(bits & 0xFFFFFF00FFFFFF00ULL);
        one =
            (static_cast<float>(pairs & 0xFF) - 12.5F + static_cast<float>(bits & 0xFF) * 0x1p-8F) *
            SCALE;
        other = (static_cast<float>((pairs >> 32) & 0xFF) - 12.5F +
                 static_cast<float>((bits >> 32) & 0xFF) * 0x1p-8F) *
                SCALE;
    }

  private:
    static constexpr std::uint64_t GOLDEN = 0x9E3779B97F4A7C15ULL;

    /// Ones among 64 bits: sums of neighbouring pairs, fours and bytes, then of all bytes at once.
    static std::uint64_t Ones(std::uint64_t bits)
    {
        bits -= (bits >> 1) & 0x5555555555555555ULL;
        bits = (bits & 0x3333333333333333ULL) + ((bits >> 2) & 0x3333333333333333ULL);
        bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0FULL;
        return (bits * 0x0101010101010101ULL) >> 56;
    }

    /// Ones in each half of 64 bits, in the lowest byte of each half.
    static std::uint64_t Pairs(std::uint64_t bits)
    {
        bits -= (bits >> 1) & 0x5555555555555555ULL;
        bits = (bits & 0x3333333333333333ULL) + ((bits >> 2) & 0x3333333333333333ULL);
        bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0FULL;
        bits += bits >> 8;
        return bits + (bits >> 16);
    }

    static std::uint64_t Mix(std::uint64_t z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    std::uint64_t m_state{0};
};

} // namespace fluid
