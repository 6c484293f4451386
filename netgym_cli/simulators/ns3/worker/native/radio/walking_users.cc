// SPDX-License-Identifier: GPL-2.0-only
#include "radio/walking_users.h"

#include <ns3/double.h>
#include <ns3/enum.h>
#include <ns3/mobility-helper.h>
#include <ns3/position-allocator.h>
#include <ns3/random-variable-stream.h>
#include <ns3/random-walk-2d-mobility-model.h>
#include <ns3/rectangle.h>
#include <ns3/string.h>

namespace netgym
{

using namespace ns3;

namespace
{

StringValue
EvenlyBetween(double low, double high)
{
    return StringValue("ns3::UniformRandomVariable[Min=" + std::to_string(low) +
                       "|Max=" + std::to_string(high) + "]");
}

} // namespace

NodeContainer
WalkingUsers(const Settings& settings, int count)
{
    const auto range = [&](const std::string& key) {
        return settings.Number("user_location_range." + key);
    };
    const auto walk = [&](const std::string& key) {
        return settings.Number("user_random_walk." + key);
    };
    NodeContainer users(count);
    auto place = CreateObject<UniformRandomVariable>();
    // GetInteger takes no negative bounds.
    const auto somewhere = [&](double low, double high) {
        return low + place->GetInteger(0, high - low);
    };
    auto positions = CreateObject<ListPositionAllocator>();
    for (int user = 0; user < count; ++user)
    {
        const double x = somewhere(range("min_x_m"), range("max_x_m"));
        const double y = somewhere(range("min_y_m"), range("max_y_m"));
        positions->Add(Vector(x, y, range("z_m")));
    }
    MobilityHelper mobility;
    mobility.SetPositionAllocator(positions);
    if (walk("max_speed_mps") > 0)
    {
        // A walk needs room in both directions, if only half a metre.
        const double x = range("max_x_m") > range("min_x_m") ? 0 : 0.5;
        const double y = range("max_y_m") > range("min_y_m") ? 0 : 0.5;
        mobility.SetMobilityModel(
            "ns3::RandomWalk2dMobilityModel",
            "Mode",
            EnumValue(RandomWalk2dMobilityModel::MODE_DISTANCE),
            "Distance",
            DoubleValue(walk("distance_m")),
            "Speed",
            EvenlyBetween(walk("min_speed_mps"), walk("max_speed_mps")),
            "Direction",
            EvenlyBetween(walk("min_direction_rad"), walk("max_direction_rad")),
            "Bounds",
            RectangleValue(Rectangle(range("min_x_m") - x,
                                     range("max_x_m") + x,
                                     range("min_y_m") - y,
                                     range("max_y_m") + y)));
    }
    mobility.Install(users);
    return users;
}

} // namespace netgym
