// SPDX-License-Identifier: GPL-2.0-only
#include "scenarios/multi_access_scenario.h"

#include <ns3/simulator.h>

namespace netgym
{

using namespace ns3;

namespace
{

/// Sums over the users of a slice.
struct SliceTotals
{
    double users{0};
    double rate{0};
    double txRate{0};
    double qosRate{0};
    double late{0};
    double loss{0};
    double owd{0};
    double maxOwd{0};
    double maxRate{0};
    double usage{0};

    void Add(const FlowMeter& flow, double intervalMs)
    {
        users++;
        rate += flow.ReceivedMbps(intervalMs);
        txRate += flow.SentMbps(intervalMs);
        qosRate += flow.QosMet() ? flow.ReceivedMbps(intervalMs) : 0;
        late += flow.LatePercent();
        loss += 100 * flow.LossFraction();
        owd += flow.OwdMs();
        maxOwd = std::max(maxOwd, flow.MaxOwdMs());
    }

    double Mean(double sum) const
    {
        return users > 0 ? sum / users : 0;
    }
};

} // namespace

MultiAccessScenario::MultiAccessScenario(const Settings& settings)
    : IntervalScenario(settings.Number("measurement_start_time_ms"),
                       settings.Number("gma.measurement_guard_interval_ms"),
                       settings.Number("gma.measurement_interval_ms")),
      m_network(settings),
      m_leadMs(std::stod(settings.Text("traffic_lead_ms", "0")))
{
}

void
MultiAccessScenario::RunUntilMeasured(double startMs)
{
    const int steps = static_cast<int>(m_leadMs / StepMs());
    Run(startMs - steps * StepMs());
    for (int step = 0; step < steps; ++step)
    {
        Advance();
        ApplyDefault();
    }
}

void
MultiAccessScenario::Act(const double* control, std::size_t size)
{
    m_missedActions = size == 0 ? 1 : 0;
    if (size == 0)
    {
        ApplyDefault();
    }
    else
    {
        Apply(control, size);
    }
}

void
MultiAccessScenario::BeginInterval()
{
    for (int user = 0; user < m_network.UserCount(); ++user)
    {
        auto& meters = m_network.Downlink(user);
        meters.flow.Clear();
        for (auto& link : meters.links)
        {
            link.Clear();
        }
    }
    m_network.Lte().ClearInterval();
}

void
MultiAccessScenario::EndInterval()
{
    m_network.EndInterval();
    const auto nowNs = Simulator::Now().GetNanoSeconds();
    for (int user = 0; user < m_network.UserCount(); ++user)
    {
        auto& meters = m_network.Downlink(user);
        meters.flow.Close(nowNs);
        for (auto& link : meters.links)
        {
            link.Close(nowNs);
        }
    }
}

void
MultiAccessScenario::Measure(Report& report)
{
    MeasureFlows(report);
    MeasureLinks(report);
    MeasureRadio(report);
    MeasureSlices(report);
}

void
MultiAccessScenario::MeasureDelays(DelayReport& report)
{
    const int users = m_network.UserCount();
    report.Row("gma", "dl::owd", users, [&](int user) {
        return m_network.Downlink(user).flow.DelaysMs();
    });
    for (int link = 0; link < LINKS; ++link)
    {
        report.Row("gma", std::string(LINK_NAMES[link]) + "::dl::owd", users, [&](int user) {
            return m_network.Downlink(user).links[link].DelaysMs();
        });
    }
}

void
MultiAccessScenario::MeasureFlows(Report& report)
{
    const auto row = [&](const std::string& name, const std::string& unit, auto value) {
        report.Row("gma", "dl::" + name, unit, m_network.UserCount(), [&](int user) {
            return static_cast<double>(value(m_network.Downlink(user).flow));
        });
    };
    const double ms = IntervalMs();
    row("rate", "Mbit/s", [&](const FlowMeter& flow) { return flow.ReceivedMbps(ms); });
    row("tx_rate", "Mbit/s", [&](const FlowMeter& flow) { return flow.SentMbps(ms); });
    row("qos_rate", "Mbit/s", [&](const FlowMeter& flow) {
        return flow.QosMet() ? flow.ReceivedMbps(ms) : 0;
    });
    row("owd", "ms", [](const FlowMeter& flow) { return flow.OwdMs(); });
    row("max_owd", "ms", [](const FlowMeter& flow) { return flow.MaxOwdMs(); });
    row("delay_violation", "%", [](const FlowMeter& flow) { return flow.LatePercent(); });
    row("delay_test_1_violation", "%", [](const FlowMeter& flow) { return flow.Test1Percent(); });
    row("delay_test_2_violation", "%", [](const FlowMeter& flow) { return flow.Test2Percent(); });
    row("loss", "%", [](const FlowMeter& flow) { return 100 * flow.LossFraction(); });
    row("missed_action", "", [this](const FlowMeter&) { return m_missedActions; });
    row("measurement_ok", "", [](const FlowMeter&) { return 1; });
}

void
MultiAccessScenario::MeasureLinks(Report& report)
{
    const double ms = IntervalMs();
    for (int link = 0; link < LINKS; ++link)
    {
        const auto row = [&](const std::string& name, const std::string& unit, auto value) {
            const std::string full = std::string(LINK_NAMES[link]) + "::dl::" + name;
            report.Row("gma", full, unit, m_network.UserCount(), value);
        };
        const auto meter = [this, link](int user) -> Meter& {
            return m_network.Downlink(user).links[link];
        };
        row("rate", "Mbit/s", [&](int user) { return meter(user).ReceivedMbps(ms); });
        row("tx_rate", "Mbit/s", [&](int user) { return meter(user).SentMbps(ms); });
        row("qos_rate", "Mbit/s", [&](int user) {
            return m_network.Downlink(user).flow.QosMet() ? meter(user).ReceivedMbps(ms) : 0;
        });
        row("owd", "ms", [&](int user) { return meter(user).OwdMs(); });
        row("max_owd", "ms", [&](int user) { return meter(user).MaxOwdMs(); });
        row("traffic_ratio", "%", [&](int user) { return TrafficPercent(user, link); });
        row("split_ratio", "%", [&](int user) { return 100 * m_network.Weights(user)[link]; });
        row("priority", "", [&](int user) { return m_network.Priority(user, link) ? 1 : 0; });
    }
}

double
MultiAccessScenario::TrafficPercent(int user, int link)
{
    const auto& links = m_network.Downlink(user).links;
    double all = 0;
    for (const auto& meter : links)
    {
        all += meter.ReceivedBytes();
    }
    return all > 0 ? 100 * links[link].ReceivedBytes() / all : 0;
}

void
MultiAccessScenario::MeasureRadio(Report& report)
{
    const int users = m_network.UserCount();
    for (int link = 0; link < LINKS; ++link)
    {
        const auto* access = m_network.Access(link);
        report.Row(LINK_NAMES[link], "dl::max_rate", "Mbit/s", users, [&](int user) {
            return access ? access->MaxRateMbps(user) : 0;
        });
        report.Row(LINK_NAMES[link], "cell_id", "", users, [&](int user) {
            return access ? access->CellId(user) : NO_CELL;
        });
    }
    auto& lte = m_network.Lte();
    report.Row("lte", "slice_id", "", users, [&](int user) { return m_network.SliceOf(user); });
    report.Row("lte", "dl::rb_usage", "%", users, [&](int user) {
        return lte.RbUsagePercent(user);
    });
    report.Row("gma", "x_loc", "m", users, [&](int user) { return m_network.Position(user).x; });
    report.Row("gma", "y_loc", "m", users, [&](int user) { return m_network.Position(user).y; });
}

void
MultiAccessScenario::MeasureSlices(Report& report)
{
    auto& lte = m_network.Lte();
    const double ms = IntervalMs();
    for (int slice = 0; slice < m_network.SliceCount(); ++slice)
    {
        SliceTotals total;
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            if (m_network.SliceOf(user) == slice)
            {
                total.Add(m_network.Downlink(user).flow, ms);
                total.maxRate += lte.MaxRateMbps(user);
                total.usage += lte.RbUsagePercent(user);
            }
        }
        const auto row = [&](const std::string& source,
                             const std::string& name,
                             const std::string& unit,
                             double value) {
            report.Value(source,
                         "dl::cell::" + name + "::slice=" + std::to_string(slice),
                         unit,
                         value);
        };
        row("gma", "rate", "Mbit/s", total.rate);
        row("gma", "tx_rate", "Mbit/s", total.txRate);
        row("gma", "qos_rate", "Mbit/s", total.qosRate);
        row("gma", "delay_violation", "%", total.Mean(total.late));
        row("gma", "loss", "%", total.Mean(total.loss));
        row("gma", "owd", "ms", total.Mean(total.owd));
        row("gma", "max_owd", "ms", total.maxOwd);
        row("lte", "max_rate", "Mbit/s", total.Mean(total.maxRate));
        row("lte", "rb_usage", "%", total.usage);
        const auto& share = lte.Slices()[slice];
        row("lte", "dedicated_rbg", "", share.dedicated);
        row("lte", "prioritized_rbg", "", share.prioritized);
        row("lte", "shared_rbg", "", share.shared);
    }
}

} // namespace netgym
