// SPDX-License-Identifier: Apache-2.0
#include "scenarios/multi_access.h"

#include <cmath>
#include <numeric>

namespace fluid
{

namespace
{

constexpr double LONGEST_TICK_MS = 5;
constexpr double UDP_HEADERS_BYTES = 28; // UDP and IP
constexpr double TCP_HEADERS_BYTES = 52; // TCP with time stamps, and IP

} // namespace

MultiAccessPlan::MultiAccessPlan(const Settings& settings, const Settings& calibration)
    : walk(settings),
      wifi(settings, calibration),
      nr(settings, calibration),
      lte(settings, calibration),
      bbr(settings, calibration),
      tunnel{settings.Number("gma.min_reorder_timeout_ms") * 1e-3,
             settings.Number("gma.max_reorder_timeout_ms") * 1e-3,
             calibration.Number("tunnel_gap_share"),
             LONGEST_TICK_MS * 1e-3,
             wifi.frameOverheadS > 0},
      exists{!wifi.sites.empty(), !nr.sites.empty(), true},
      sliceCount(static_cast<int>(lte.slices.size())),
      startMs(settings.Number("measurement_start_time_ms")),
      leadMs(settings.Number("traffic_lead_ms", 0)),
      guardMs(settings.Number("gma.measurement_guard_interval_ms")),
      intervalMs(settings.Number("gma.measurement_interval_ms"))
{
    AddUsers(settings);
    DivideTime();
}

void
MultiAccessPlan::AddUsers(const Settings& settings)
{
    const auto slices = [&](const std::string& key) {
        return settings.Numbers("per_slice_config." + key);
    };
    const auto protocol = settings.Texts("per_slice_config.transport_protocol");
    const auto mode = settings.Texts("per_slice_config.downlink_mode");
    for (const int slice : lte.sliceOf)
    {
        UserPlan user;
        user.slice = slice;
        user.udp = protocol[slice] == "udp";
        user.steers = mode[slice] == "steer";
        user.balancerSteers = user.steers || (mode[slice] == "auto" && user.udp);
        auto& traffic = user.traffic;
        traffic.payloadBytes = slices("packet_size_bytes")[slice];
        user.packetBytes =
            traffic.payloadBytes + (user.udp ? UDP_HEADERS_BYTES : TCP_HEADERS_BYTES);
        traffic.packetBytes = user.packetBytes;
        traffic.minMbps = slices("min_udp_rate_per_user_mbps")[slice];
        traffic.maxMbps = slices("max_udp_rate_per_user_mbps")[slice];
        traffic.poisson = slices("udp_poisson_arrival")[slice] != 0;
        traffic.swing = slices("udp_rate_swing")[slice];
        traffic.periodMs = slices("udp_rate_period_ms")[slice];
        user.target.thresholdsS = {slices("qos_delay_requirement_ms")[slice] * 1e-3,
                                   slices("delay_test_1_thresh_ms")[slice] * 1e-3,
                                   slices("delay_test_2_thresh_ms")[slice] * 1e-3};
        user.target.lateShare = slices("qos_delay_violation_target")[slice];
        user.target.lossShare = slices("qos_loss_target")[slice];
        users.push_back(user);
    }
}

/// The longest tick that divides both parts of a step; applications start on one.
void
MultiAccessPlan::DivideTime()
{
    const long common =
        std::gcd(std::lround(intervalMs), std::lround(guardMs)); // whole milliseconds
    const long parts = std::lround(std::ceil(common / LONGEST_TICK_MS));
    tickMs = static_cast<double>(common) / parts;
    intervalTicks = std::lround(intervalMs / tickMs);
    guardTicks = std::lround(guardMs / tickMs);
    leadSteps = static_cast<int>(leadMs / (guardMs + intervalMs));
    leadTicks = std::lround((leadMs - leadSteps * (guardMs + intervalMs)) / tickMs);
    startMs -= leadSteps * (guardMs + intervalMs) + leadTicks * tickMs;
    tunnel.tickS = bbr.tickS = tickMs * 1e-3;
}

} // namespace fluid
