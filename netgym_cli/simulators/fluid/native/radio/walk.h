// SPDX-License-Identifier: Apache-2.0
// Where users are: placed at random on whole metres, then walking in legs of random speed and
// direction.
#pragma once
#include "bridge/random.h"
#include "bridge/settings.h"

#include <vector>

namespace fluid
{

/// The area and the habits of all users (`user_location_range` and `user_random_walk` of the
/// config).
struct WalkPlan
{
    explicit WalkPlan(const Settings& settings);

    double minX, maxX, minY, maxY; ///< where users are placed, m
    double height;                 ///< m
    double minSpeed, maxSpeed;     ///< m/s; 0 keeps users where they are
    double minDirection, maxDirection;
    double legM; ///< after it, speed and direction are drawn anew
};

/// One user's way; bounces off the area's edges.
class Walker
{
  public:
    void Place(const WalkPlan& plan, std::uint64_t seed, int user);
    void Walk(const WalkPlan& plan, double seconds);

    /// Stands elsewhere from now on.
    void Put(double x, double y)
    {
        m_at.x = x;
        m_at.y = y;
    }

    const fluid::Place& At() const
    {
        return m_at;
    }

  private:
    fluid::Place m_at;
    double m_speedX{0};
    double m_speedY{0};
    double m_leftM{0};
    Stream m_stream;
};

double Distance(const Place& one, const Place& other);
/// Index of the site that is nearest to a place; 0 if there is none.
int Nearest(const Place& at, const std::vector<Place>& sites);

} // namespace fluid
