// SPDX-License-Identifier: GPL-2.0-only
#include "scenarios/energy_saving.h"

#include "bridge/duration.h"
#include "radio/topology.h"
#include "radio/walking_users.h"

#include <ns3/mobility-model.h>
#include <ns3/random-variable-stream.h>
#include <ns3/simulator.h>

#include <algorithm>

namespace netgym
{

using namespace ns3;

namespace
{

constexpr double NO_SIGNAL_DB = -20;        // reported where no cell reaches a user
constexpr double LEAST_DELIVERED_MB = 1e-3; // Mbit; keeps the energy per bit finite

} // namespace

EnergySaving::EnergySaving(const Settings& settings)
    : IntervalScenario(settings.Number("measurement_start_time_ms"),
                       0,
                       settings.Number("measurement_interval_ms")),
      m_users(WalkingUsers(settings, settings.Integer("num_users"))),
      m_server(CreateObject<Node>()),
      m_rule(settings)
{
    InstallInternet(NodeContainer(NodeContainer(m_server), m_users));
    m_access = std::make_unique<WifiAccess>(settings, m_users, m_server);
    m_cells = std::make_unique<PowerCells>(settings, *m_access);
    BuildFlows(settings);
}

void
EnergySaving::BuildFlows(const Settings& settings)
{
    const auto traffic = [&](const std::string& key) { return settings.Number("traffic." + key); };
    const auto qos = [&](const std::string& key) { return settings.Number("qos." + key); };
    auto draw = CreateObject<UniformRandomVariable>();
    const BurstShape shape{static_cast<std::uint32_t>(traffic("packet_size_bytes")),
                           static_cast<std::uint32_t>(traffic("burst_packets"))};
    const double common = draw->GetValue(0, 1);
    for (std::uint32_t user = 0; user < m_users.GetN(); ++user)
    {
        const double own = draw->GetValue(0, 1) * traffic("phase_spread");
        const LoadProfile profile{traffic("min_rate_mbps"),
                                  traffic("max_rate_mbps"),
                                  traffic("period_ms"),
                                  common + own};
        const int who = static_cast<int>(user);
        const auto peer = [this, who]() -> std::optional<Ipv4Address> {
            return InReach(who) ? std::optional(m_access->UserAddress(who)) : std::nullopt;
        };
        auto flow = std::make_unique<StampedFlow>(m_server,
                                                  m_users.Get(user),
                                                  shape,
                                                  qos("lost_after_ms"),
                                                  profile,
                                                  peer);
        flow->Meter().target = {qos("delay_requirement_ms"),
                                qos("delay_requirement_ms"),
                                qos("delay_requirement_ms"),
                                qos("delay_violation_target"),
                                qos("loss_target")};
        // Users' packets do not arrive in lockstep.
        flow->StartIn(
            DurationOfMs(settings.Number("measurement_start_time_ms") / 2 + draw->GetValue(0, 20)));
        m_flows.push_back(std::move(flow));
    }
}

void
EnergySaving::Act(const double* control, std::size_t size)
{
    if (size > 0)
    {
        for (int cell = 0; cell < m_cells->Count(); ++cell)
        {
            m_cells->RequestLevel(cell, static_cast<int>(control[cell]));
        }
        return;
    }
    std::vector<double> airtimes;
    for (int cell = 0; cell < m_cells->Count(); ++cell)
    {
        airtimes.push_back(AirtimePct(cell));
    }
    m_rule.Decide(*m_cells, *m_access, airtimes);
}

void
EnergySaving::BeginInterval()
{
    for (int cell = 0; cell < m_cells->Count(); ++cell)
    {
        m_cells->Power(cell).BeginInterval();
    }
    for (auto& flow : m_flows)
    {
        flow->BeginInterval();
    }
}

void
EnergySaving::EndInterval()
{
    m_access->EndInterval();
    for (int cell = 0; cell < m_cells->Count(); ++cell)
    {
        m_cells->Power(cell).EndInterval();
    }
    for (auto& flow : m_flows)
    {
        flow->EndInterval();
    }
}

bool
EnergySaving::InReach(int user) const
{
    return m_access->SignalDb(user, m_access->ServingCell(user)) > WifiAccess::OUT_OF_REACH_DB;
}

int
EnergySaving::NearestCell(int user) const
{
    NodeContainer sites;
    for (int cell = 0; cell < m_cells->Count(); ++cell)
    {
        sites.Add(m_access->AccessPoint(cell)->GetNode());
    }
    return NearestNode(m_users.Get(user), sites);
}

double
EnergySaving::NeighbourSignalDb(int user) const
{
    return std::max(NO_SIGNAL_DB, BestSignalDb(*m_access, user, m_access->ServingCell(user)));
}

double
EnergySaving::AirtimePct(int cell)
{
    return 100 * m_cells->Power(cell).TransmitS() * 1e3 / IntervalMs();
}

template <typename Belongs, typename Value>
double
EnergySaving::Sum(Belongs belongs, Value value) const
{
    double sum = 0;
    for (int user = 0; user < UserCount(); ++user)
    {
        sum += belongs(user) ? value(user) : 0;
    }
    return sum;
}

void
EnergySaving::Measure(Report& report)
{
    MeasureCells(report);
    MeasureUsers(report);
    double energyJ = 0;
    for (int cell = 0; cell < m_cells->Count(); ++cell)
    {
        energyJ += m_cells->Power(cell).EnergyJ();
    }
    const double ms = IntervalMs();
    const double delivered = Sum([](int) { return true; },
                                 [&](int user) { return m_flows[user]->Meter().ReceivedMbps(ms); });
    report.Value("network", "power", "W", energyJ * 1e3 / ms);
    report.Value("network",
                 "energy_per_bit",
                 "J/Mbit",
                 energyJ / std::max(delivered * ms * 1e-3, LEAST_DELIVERED_MB));
}

void
EnergySaving::MeasureDelays(DelayReport& report)
{
    report.Row("user", "owd", UserCount(), [&](int user) {
        return m_flows[user]->Meter().DelaysMs();
    });
}

void
EnergySaving::MeasureCells(Report& report)
{
    const auto row = [&](const std::string& name, const std::string& unit, auto value) {
        report.Row("cell", name, unit, m_cells->Count(), [&](int cell) {
            return static_cast<double>(value(cell));
        });
    };
    const double ms = IntervalMs();
    const auto served = [&](int cell, auto value) {
        return Sum([&](int user) { return InReach(user) && m_access->ServingCell(user) == cell; },
                   value);
    };
    const auto near = [&](int cell, auto value) {
        return Sum([&](int user) { return NearestCell(user) == cell; }, value);
    };
    const auto count = [](int) { return 1.0; };
    const auto rate = [&](int user) { return m_flows[user]->Meter().ReceivedMbps(ms); };
    const auto offered = [&](int user) { return m_flows[user]->Meter().SentMbps(ms); };
    row("state", "", [&](int cell) { return m_cells->Level(cell); });
    row("ordered", "", [&](int cell) { return m_cells->RequestedLevel(cell); });
    row("tx_power", "dBm", [&](int cell) { return m_cells->TxPowerDbm(cell); });
    row("power", "W", [&](int cell) { return m_cells->Power(cell).EnergyJ() * 1e3 / ms; });
    row("energy", "J", [&](int cell) { return m_cells->Power(cell).EnergyJ(); });
    row("airtime", "%", [&](int cell) { return AirtimePct(cell); });
    row("users", "", [&](int cell) { return served(cell, count); });
    row("rate", "Mbit/s", [&](int cell) { return served(cell, rate); });
    row("tx_rate", "Mbit/s", [&](int cell) { return served(cell, offered); });
    row("near_users", "", [&](int cell) { return near(cell, count); });
    row("near_tx_rate", "Mbit/s", [&](int cell) { return near(cell, offered); });
}

void
EnergySaving::MeasureUsers(Report& report)
{
    const double ms = IntervalMs();
    const auto row = [&](const std::string& name, const std::string& unit, auto value) {
        report.Row("user", name, unit, UserCount(), [&](int user) {
            return static_cast<double>(value(user));
        });
    };
    const auto flow = [&](const std::string& name, const std::string& unit, auto value) {
        row(name, unit, [&](int user) { return value(m_flows[user]->Meter()); });
    };
    flow("rate", "Mbit/s", [&](const FlowMeter& meter) { return meter.ReceivedMbps(ms); });
    flow("tx_rate", "Mbit/s", [&](const FlowMeter& meter) { return meter.SentMbps(ms); });
    flow("owd", "ms", [](const FlowMeter& meter) { return meter.OwdMs(); });
    flow("max_owd", "ms", [](const FlowMeter& meter) { return meter.MaxOwdMs(); });
    flow("loss", "%", [](const FlowMeter& meter) { return 100 * meter.LossFraction(); });
    flow("qos_met", "", [](const FlowMeter& meter) { return meter.QosMet() ? 1 : 0; });
    row("cell_id", "", [&](int user) {
        return InReach(user) ? m_access->ServingCell(user) + 1 : NO_CELL;
    });
    row("snr", "dB", [&](int user) {
        return std::max(NO_SIGNAL_DB, m_access->SignalDb(user, m_access->ServingCell(user)));
    });
    row("neighbour_snr", "dB", [&](int user) { return NeighbourSignalDb(user); });
    const auto place = [&](int user) {
        return m_users.Get(user)->GetObject<MobilityModel>()->GetPosition();
    };
    row("x_loc", "m", [&](int user) { return place(user).x; });
    row("y_loc", "m", [&](int user) { return place(user).y; });
}

namespace
{

const Registration ENERGY_SAVING("energy_saving", [](const Settings& settings) {
    return new EnergySaving(settings);
});

} // namespace

} // namespace netgym
