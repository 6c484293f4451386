// SPDX-License-Identifier: Apache-2.0
#include "scenarios/multi_access_scenario.h"

#include <algorithm>

namespace fluid
{

MultiAccessBase::MultiAccessBase(const Settings& settings, const Settings& calibration)
    : m_network(std::make_shared<const MultiAccessPlan>(settings, calibration))
{
}

void
MultiAccessBase::Start(std::uint64_t seed)
{
    m_missedAction = true;
    m_network.Begin(seed);
    Open();
    m_network.Lead();
    for (int step = 0; step < m_network.Plan().leadSteps; ++step)
    {
        m_network.Advance();
        ApplyDefault();
    }
    m_network.Advance();
}

void
MultiAccessBase::Act(const double* control)
{
    m_missedAction = control == nullptr;
    if (control)
    {
        Apply(control);
    }
    else
    {
        ApplyDefault();
    }
}

void
MultiAccessBase::SetAll(const Shares& shares)
{
    for (int user = 0; user < m_network.UserCount(); ++user)
    {
        m_network.SetShares(user, shares.data());
    }
}

void
MultiAccessBase::Measure(Report& report) const
{
    MeasureFlows(report);
    MeasureLinks(report);
    MeasureRadio(report);
    for (int slice = 0; slice < m_network.Plan().sliceCount; ++slice)
    {
        MeasureSlice(report, slice);
    }
}

void
MultiAccessBase::MeasureFlows(Report& report) const
{
    const auto row = [&](std::string_view name, std::string_view unit, auto value) {
        report.Row("gma", {"dl::", name}, unit, m_network.UserCount(), [&](int user) {
            return value(m_network.Meter(user));
        });
    };
    using Meter = const FlowMeter&;
    row("rate", "Mbit/s", [](Meter meter) { return meter.flow.rateMbps; });
    row("tx_rate", "Mbit/s", [](Meter meter) { return meter.flow.txMbps; });
    row("qos_rate", "Mbit/s", [](Meter meter) { return meter.qosMet ? meter.flow.rateMbps : 0; });
    row("owd", "ms", [](Meter meter) { return meter.flow.owdMs; });
    row("max_owd", "ms", [](Meter meter) { return meter.flow.maxOwdMs; });
    row("delay_violation", "%", [](Meter meter) { return meter.latePercent[0]; });
    row("delay_test_1_violation", "%", [](Meter meter) { return meter.latePercent[1]; });
    row("delay_test_2_violation", "%", [](Meter meter) { return meter.latePercent[2]; });
    row("loss", "%", [](Meter meter) { return meter.lossPercent; });
    row("missed_action", "", [this](Meter) { return m_missedAction ? 1 : 0; });
    row("measurement_ok", "", [](Meter) { return 1; });
}

void
MultiAccessBase::MeasureLinks(Report& report) const
{
    for (int link = 0; link < LINKS; ++link)
    {
        const auto row = [&](std::string_view name, std::string_view unit, auto value) {
            report.Row("gma",
                       {LINK_NAMES[link], "::dl::", name},
                       unit,
                       m_network.UserCount(),
                       value);
        };
        const auto over = [&](int user) -> const FlowMeter::Measured& {
            return m_network.Meter(user).links[link];
        };
        row("rate", "Mbit/s", [&](int user) { return over(user).rateMbps; });
        row("tx_rate", "Mbit/s", [&](int user) { return over(user).txMbps; });
        row("qos_rate", "Mbit/s", [&](int user) {
            return m_network.Meter(user).qosMet ? over(user).rateMbps : 0;
        });
        row("owd", "ms", [&](int user) { return over(user).owdMs; });
        row("max_owd", "ms", [&](int user) { return over(user).maxOwdMs; });
        row("traffic_ratio", "%", [&](int user) {
            return m_network.Meter(user).trafficPercent[link];
        });
        row("split_ratio", "%", [&](int user) { return 100 * m_network.SharesOf(user)[link]; });
        row("priority", "", [&](int user) { return m_network.Prioritized(user, link) ? 1 : 0; });
    }
}

void
MultiAccessBase::MeasureRadio(Report& report) const
{
    const int users = m_network.UserCount();
    for (int link = 0; link < LINKS; ++link)
    {
        report.Row(LINK_NAMES[link], {"dl::max_rate"}, "Mbit/s", users, [&](int user) {
            return m_network.MaxRateMbps(user, link);
        });
        report.Row(LINK_NAMES[link], {"cell_id"}, "", users, [&](int user) {
            return m_network.CellId(user, link);
        });
    }
    const auto& lte = m_network.LteCell();
    report.Row("lte", {"slice_id"}, "", users, [&](int user) {
        return m_network.Plan().users[user].slice;
    });
    report.Row("lte", {"dl::rb_usage"}, "%", users, [&](int user) {
        return lte.UsagePercent(user);
    });
    report.Row("gma", {"x_loc"}, "m", users, [&](int user) { return m_network.At(user).x; });
    report.Row("gma", {"y_loc"}, "m", users, [&](int user) { return m_network.At(user).y; });
}

void
MultiAccessBase::MeasureSlice(Report& report, int slice) const
{
    double users = 0;
    double rate = 0;
    double sent = 0;
    double met = 0;
    double late = 0;
    double loss = 0;
    double delay = 0;
    double longest = 0;
    double best = 0;
    double usage = 0;
    for (int user = 0; user < m_network.UserCount(); ++user)
    {
        if (m_network.Plan().users[user].slice != slice)
        {
            continue;
        }
        const auto& meter = m_network.Meter(user);
        users++;
        rate += meter.flow.rateMbps;
        sent += meter.flow.txMbps;
        met += meter.qosMet ? meter.flow.rateMbps : 0;
        late += meter.latePercent[0];
        loss += meter.lossPercent;
        delay += meter.flow.owdMs;
        longest = std::max(longest, meter.flow.maxOwdMs);
        best += m_network.MaxRateMbps(user, LTE);
        usage += m_network.LteCell().UsagePercent(user);
    }
    const auto mean = [&](double sum) { return users > 0 ? sum / users : 0; };
    const std::string index = std::to_string(slice);
    const auto row =
        [&](std::string_view source, std::string_view name, std::string_view unit, double value) {
            report.Value(source, {"dl::cell::", name, "::slice=", index}, unit, value);
        };
    row("gma", "rate", "Mbit/s", rate);
    row("gma", "tx_rate", "Mbit/s", sent);
    row("gma", "qos_rate", "Mbit/s", met);
    row("gma", "delay_violation", "%", mean(late));
    row("gma", "loss", "%", mean(loss));
    row("gma", "owd", "ms", mean(delay));
    row("gma", "max_owd", "ms", longest);
    row("lte", "max_rate", "Mbit/s", mean(best));
    row("lte", "rb_usage", "%", usage);
    const auto& share = m_network.LteCell().Slices()[slice];
    row("lte", "dedicated_rbg", "", share.dedicated);
    row("lte", "prioritized_rbg", "", share.prioritized);
    row("lte", "shared_rbg", "", share.shared);
}

} // namespace fluid
