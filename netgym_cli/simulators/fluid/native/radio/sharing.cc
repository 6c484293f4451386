// SPDX-License-Identifier: Apache-2.0
#include "radio/sharing.h"

#include <algorithm>

namespace fluid
{

namespace
{

/// What all shares take if they are raised to `level`.
double
Taken(const double* needs, const double* had, std::size_t count, double level)
{
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k)
    {
        sum += std::min(std::max(level - had[k], 0.0), needs[k]);
    }
    return sum;
}

} // namespace

double
MaxMinFair(const double* needs, double* shares, std::size_t count, double amount)
{
    double wanted = 0;
    for (std::size_t k = 0; k < count; ++k)
    {
        wanted += needs[k];
    }
    if (wanted <= amount)
    {
        for (std::size_t k = 0; k < count; ++k)
        {
            shares[k] += needs[k];
        }
        return amount - wanted;
    }
    // The level lies between two of the places where somebody begins or ends to be raised; between
    // them what is taken grows evenly.
    double places[2 * MOST_SHARERS];
    std::size_t number = 0;
    for (std::size_t k = 0; k < count; ++k)
    {
        places[number++] = shares[k];
        places[number++] = shares[k] + needs[k];
    }
    std::sort(places, places + number);
    std::size_t low = 0;
    std::size_t high = number - 1;
    while (high - low > 1)
    {
        const std::size_t middle = (low + high) / 2;
        (Taken(needs, shares, count, places[middle]) <= amount ? low : high) = middle;
    }
    const double below = Taken(needs, shares, count, places[low]);
    const double above = Taken(needs, shares, count, places[high]);
    const double part = above > below ? (amount - below) / (above - below) : 0;
    const double level = places[low] + part * (places[high] - places[low]);
    for (std::size_t k = 0; k < count; ++k)
    {
        shares[k] += std::min(std::max(level - shares[k], 0.0), needs[k]);
    }
    return 0;
}

} // namespace fluid
