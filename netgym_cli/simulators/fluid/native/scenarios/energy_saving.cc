// SPDX-License-Identifier: Apache-2.0
// Small cells that may sleep: a control vector is a level per cell, walking users download over the
// cell with the best signal. Frame by frame.
#include "bridge/scenario.h"
#include "cells/sleep_rule.h"
#include "cells/small_cells.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

namespace fluid
{

namespace
{

constexpr double NO_CELL = 255;             // cell id of a user out of reach
constexpr double NO_SIGNAL_DB = -20;        // and its signal
constexpr double LEAST_DELIVERED_MB = 1e-3; // keeps the energy per bit finite

class EnergySaving : public ScenarioOf<EnergySaving>
{
  public:
    EnergySaving(const Settings& settings, const Settings& calibration)
        : m_plan(std::make_shared<CellsPlan>(settings, calibration)),
          m_rule(settings),
          m_startNs(ToNs(settings.Number("measurement_start_time_ms"))),
          m_intervalMs(settings.Number("measurement_interval_ms"))
    {
        m_cells.Start(*m_plan, 0);
    }

    std::size_t ControlSize() const override
    {
        return static_cast<std::size_t>(CellCount());
    }

    void Start(std::uint64_t seed) override
    {
        m_cells.Start(*m_plan, seed);
        m_cells.RunUntil(*m_plan, m_startNs);
        Advance();
    }

    void Act(const double* control) override
    {
        std::vector<double> airtimes;
        for (int cell = 0; cell < CellCount(); ++cell)
        {
            if (control)
            {
                m_cells.Order(*m_plan, cell, static_cast<int>(control[cell]));
            }
            else
            {
                airtimes.push_back(AirtimePct(cell));
            }
        }
        if (!control)
        {
            m_rule.Decide(*m_plan, m_cells, airtimes);
        }
    }

    void Advance() override
    {
        m_cells.BeginInterval();
        m_cells.RunUntil(*m_plan, m_cells.NowNs() + ToNs(m_intervalMs));
        m_cells.EndInterval(*m_plan);
    }

    void Measure(Report& report) const override
    {
        MeasureCells(report);
        MeasureUsers(report);
        double energyJ = 0;
        for (int cell = 0; cell < CellCount(); ++cell)
        {
            energyJ += EnergyJ(cell);
        }
        double deliveredMbps = 0;
        for (int user = 0; user < m_plan->users; ++user)
        {
            deliveredMbps += ReceivedMbps(user);
        }
        report.Value("network", {"power"}, "W", energyJ * 1e3 / m_intervalMs);
        report.Value("network",
                     {"energy_per_bit"},
                     "J/Mbit",
                     energyJ / std::max(deliveredMbps * m_intervalMs * 1e-3, LEAST_DELIVERED_MB));
    }

    double NowMs() const override
    {
        return static_cast<double>(m_cells.NowNs()) * 1e-6;
    }

    std::uint64_t Ticks() const override
    {
        return m_cells.Events();
    }

  private:
    int CellCount() const
    {
        return static_cast<int>(m_plan->radio.sites.size());
    }

    double EnergyJ(int cell) const
    {
        return m_cells.Power(cell).EnergyJ(m_plan->power);
    }

    double AirtimePct(int cell) const
    {
        return 100 * m_cells.Power(cell).TransmitMs() / m_intervalMs;
    }

    double ReceivedMbps(int user) const
    {
        return m_cells.Flow(user).Meter().ReceivedMbps(m_intervalMs);
    }

    double SentMbps(int user) const
    {
        return m_cells.Flow(user).Meter().SentMbps(m_intervalMs);
    }

    /// Sum over the users whom a cell serves.
    template <typename Value>
    double OfServed(int cell, Value value) const
    {
        double sum = 0;
        for (int user = 0; user < m_plan->users; ++user)
        {
            sum += m_cells.InReach(user) && m_cells.ServingCell(user) == cell ? value(user) : 0.0;
        }
        return sum;
    }

    /// Sum over the users to whom a cell is the nearest.
    template <typename Value>
    double OfNear(int cell, Value value) const
    {
        double sum = 0;
        for (int user = 0; user < m_plan->users; ++user)
        {
            sum += Nearest(m_cells.At(user), m_plan->radio.sites) == cell ? value(user) : 0.0;
        }
        return sum;
    }

    void MeasureCells(Report& report) const
    {
        const auto row = [&](std::string_view name, std::string_view unit, auto value) {
            report.Row("cell", {name}, unit, CellCount(), [&](int cell) {
                return static_cast<double>(value(cell));
            });
        };
        const auto one = [](int) { return 1.0; };
        const auto rate = [&](int user) { return ReceivedMbps(user); };
        const auto offered = [&](int user) { return SentMbps(user); };
        row("state", "", [&](int cell) { return m_cells.Level(cell); });
        row("ordered", "", [&](int cell) { return m_cells.Ordered(cell); });
        row("tx_power", "dBm", [&](int cell) { return m_cells.PowerDbm(*m_plan, cell); });
        row("power", "W", [&](int cell) { return EnergyJ(cell) * 1e3 / m_intervalMs; });
        row("energy", "J", [&](int cell) { return EnergyJ(cell); });
        row("airtime", "%", [&](int cell) { return AirtimePct(cell); });
        row("users", "", [&](int cell) { return OfServed(cell, one); });
        row("rate", "Mbit/s", [&](int cell) { return OfServed(cell, rate); });
        row("tx_rate", "Mbit/s", [&](int cell) { return OfServed(cell, offered); });
        row("near_users", "", [&](int cell) { return OfNear(cell, one); });
        row("near_tx_rate", "Mbit/s", [&](int cell) { return OfNear(cell, offered); });
    }

    void MeasureUsers(Report& report) const
    {
        const auto row = [&](std::string_view name, std::string_view unit, auto value) {
            report.Row("user", {name}, unit, m_plan->users, [&](int user) {
                return static_cast<double>(value(user));
            });
        };
        row("rate", "Mbit/s", [&](int user) { return ReceivedMbps(user); });
        row("tx_rate", "Mbit/s", [&](int user) { return SentMbps(user); });
        row("owd", "ms", [&](int user) { return m_cells.Flow(user).Meter().OwdMs(); });
        row("max_owd", "ms", [&](int user) { return m_cells.Flow(user).Meter().MaxOwdMs(); });
        row("loss", "%", [&](int user) { return 100 * m_cells.Flow(user).LossFraction(); });
        row("qos_met", "", [&](int user) { return m_cells.Flow(user).QosMet(m_plan->flow); });
        row("cell_id", "", [&](int user) {
            return m_cells.InReach(user) ? m_cells.ServingCell(user) + 1 : NO_CELL;
        });
        row("snr", "dB", [&](int user) {
            return std::max(NO_SIGNAL_DB, m_cells.SignalDb(user, m_cells.ServingCell(user)));
        });
        row("neighbour_snr", "dB", [&](int user) {
            return std::max(NO_SIGNAL_DB, m_cells.BestSignalDb(user, m_cells.ServingCell(user)));
        });
        row("x_loc", "m", [&](int user) { return m_cells.At(user).x; });
        row("y_loc", "m", [&](int user) { return m_cells.At(user).y; });
    }

    std::shared_ptr<const CellsPlan> m_plan;
    SleepRule m_rule;
    std::int64_t m_startNs;
    double m_intervalMs;
    SmallCells m_cells;
};

const Registration ENERGY_SAVING("energy_saving",
                                 [](const Settings& settings, const Settings& calibration) {
                                     return std::make_unique<EnergySaving>(settings, calibration);
                                 });

} // namespace

} // namespace fluid
