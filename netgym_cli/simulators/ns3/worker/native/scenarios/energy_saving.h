// SPDX-License-Identifier: GPL-2.0-only
// Small cells that may sleep: a control vector is a level per cell, walking users download over the
// cell with the best signal.
//
//   server ═══ Wi-Fi cells, each asleep or at one of several transmit powers ═══ walking users
#pragma once
#include "bridge/interval_scenario.h"
#include "energy/power_cells.h"
#include "energy/sleep_rule.h"
#include "traffic/stamped_flow.h"

#include <memory>
#include <vector>

namespace netgym
{

class EnergySaving : public IntervalScenario
{
  public:
    explicit EnergySaving(const Settings& settings);

    /// A level per cell, from 0 (sleep); size 0: the rule of sleep_rule.h decides, now.
    void Act(const double* control, std::size_t size) override;

  protected:
    void BeginInterval() override;
    void EndInterval() override;
    void Measure(Report& report) override;
    void MeasureDelays(DelayReport& report) override;

  private:
    void BuildFlows(const Settings& settings);
    void MeasureCells(Report& report);
    void MeasureUsers(Report& report);

    int UserCount() const
    {
        return static_cast<int>(m_flows.size());
    }

    double AirtimePct(int cell);
    bool InReach(int user) const;
    int NearestCell(int user) const;
    double NeighbourSignalDb(int user) const;
    /// Sum over the users for whom `belongs(user)`.
    template <typename Belongs, typename Value>
    double Sum(Belongs belongs, Value value) const;

    ns3::NodeContainer m_users;
    ns3::Ptr<ns3::Node> m_server;
    std::unique_ptr<WifiAccess> m_access;
    std::unique_ptr<PowerCells> m_cells;
    std::vector<std::unique_ptr<StampedFlow>> m_flows; ///< one per user
    SleepRule m_rule;
};

} // namespace netgym
