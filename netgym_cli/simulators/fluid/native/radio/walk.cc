// SPDX-License-Identifier: Apache-2.0
#include "radio/walk.h"

#include "bridge/purposes.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

constexpr double ROOM_M = 0.5; // to either side, for a walk in an area without width

/// Moves along one axis and reflects at the bounds.
void
Move(double& at, double& speed, double seconds, double low, double high)
{
    at += speed * seconds;
    if (high <= low)
    {
        low -= ROOM_M;
        high += ROOM_M;
    }
    if (at < low || at > high)
    {
        at = at < low ? 2 * low - at : 2 * high - at;
        at = std::clamp(at, low, high);
        speed = -speed;
    }
}

} // namespace

WalkPlan::WalkPlan(const Settings& settings)
    : minX(settings.Number("user_location_range.min_x_m")),
      maxX(settings.Number("user_location_range.max_x_m")),
      minY(settings.Number("user_location_range.min_y_m")),
      maxY(settings.Number("user_location_range.max_y_m")),
      height(settings.Number("user_location_range.z_m")),
      minSpeed(settings.Number("user_random_walk.min_speed_mps")),
      maxSpeed(settings.Number("user_random_walk.max_speed_mps")),
      minDirection(settings.Number("user_random_walk.min_direction_rad")),
      maxDirection(settings.Number("user_random_walk.max_direction_rad")),
      legM(settings.Number("user_random_walk.distance_m"))
{
}

void
Walker::Place(const WalkPlan& plan, std::uint64_t seed, int user)
{
    m_stream = Stream(seed, Purpose::WALK, user);
    m_at.x = m_stream.WholeNumber(plan.minX, plan.maxX);
    m_at.y = m_stream.WholeNumber(plan.minY, plan.maxY);
    m_at.z = plan.height;
    m_leftM = m_speedX = m_speedY = 0;
}

void
Walker::Walk(const WalkPlan& plan, double seconds)
{
    if (plan.maxSpeed <= 0)
    {
        return;
    }
    for (double left = seconds; left > 0;)
    {
        if (m_leftM <= 0)
        {
            const double speed = m_stream.Uniform(plan.minSpeed, plan.maxSpeed);
            const double direction = m_stream.Uniform(plan.minDirection, plan.maxDirection);
            m_speedX = speed * std::cos(direction);
            m_speedY = speed * std::sin(direction);
            m_leftM = plan.legM;
        }
        const double speed = std::hypot(m_speedX, m_speedY);
        const double part = std::min(left, m_leftM / speed);
        Move(m_at.x, m_speedX, part, plan.minX, plan.maxX);
        Move(m_at.y, m_speedY, part, plan.minY, plan.maxY);
        m_leftM = part < left ? 0 : m_leftM - part * speed;
        left -= part;
    }
}

double
Distance(const Place& one, const Place& other)
{
    const double x = one.x - other.x;
    const double y = one.y - other.y;
    const double z = one.z - other.z;
    return std::sqrt(x * x + y * y + z * z);
}

int
Nearest(const Place& at, const std::vector<Place>& sites)
{
    int nearest = 0;
    for (std::size_t k = 1; k < sites.size(); ++k)
    {
        if (Distance(at, sites[k]) < Distance(at, sites[nearest]))
        {
            nearest = static_cast<int>(k);
        }
    }
    return nearest;
}

} // namespace fluid
