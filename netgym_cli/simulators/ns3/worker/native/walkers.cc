#include "walkers.h"

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

std::string
UniformIn(double low, double high)
{
    return "ns3::UniformRandomVariable[Min=" + std::to_string(low) + "|Max=" + std::to_string(high) + "]";
}

} // namespace

NodeContainer
Walkers(const Settings& settings, int count)
{
    NodeContainer nodes(count);
    const auto range = [&](const std::string& key) { return settings.Number("user_location_range." + key); };
    auto place = CreateObject<UniformRandomVariable>();
    auto positions = CreateObject<ListPositionAllocator>();
    for (int i = 0; i < count; ++i)
    {
        const double x = place->GetInteger(range("min_x_m"), range("max_x_m"));
        const double y = place->GetInteger(range("min_y_m"), range("max_y_m"));
        positions->Add(Vector(x, y, range("z_m")));
    }
    const auto walk = [&](const std::string& key) { return settings.Number("user_random_walk." + key); };
    MobilityHelper mobility;
    mobility.SetPositionAllocator(positions);
    if (walk("max_speed_mps") > 0)
    {
        // A walk needs room in both directions, if only half a metre.
        const double x = range("max_x_m") > range("min_x_m") ? 0 : 0.5;
        const double y = range("max_y_m") > range("min_y_m") ? 0 : 0.5;
        mobility.SetMobilityModel("ns3::RandomWalk2dMobilityModel",
                                  "Mode", EnumValue(RandomWalk2dMobilityModel::MODE_DISTANCE),
                                  "Distance", DoubleValue(walk("distance_m")),
                                  "Speed", StringValue(UniformIn(walk("min_speed_mps"), walk("max_speed_mps"))),
                                  "Direction", StringValue(UniformIn(walk("min_direction_rad"), walk("max_direction_rad"))),
                                  "Bounds", RectangleValue(Rectangle(range("min_x_m") - x, range("max_x_m") + x,
                                                                     range("min_y_m") - y, range("max_y_m") + y)));
    }
    mobility.Install(nodes);
    return nodes;
}

} // namespace netgym
