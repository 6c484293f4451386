// SPDX-License-Identifier: GPL-2.0-only
// The LTE network: one cell of the full ns-3 stack, its radio settings chosen for variety and
// speed.
#pragma once
#include "bridge/settings.h"
#include "radio/access.h"
#include "radio/lte_gateway.h"
#include "radio/lte_scheduler.h"

#include <ns3/lte-amc.h>
#include <ns3/lte-helper.h>
#include <ns3/node-container.h>
#include <ns3/point-to-point-epc-helper.h>

#include <memory>
#include <vector>

namespace netgym
{

class LteAccess : public AccessNetwork
{
  public:
    LteAccess(const Settings& settings,
              const ns3::NodeContainer& users,
              ns3::Ptr<ns3::Node> anchor);

    ns3::Ipv4Address UserAddress(int user) const override
    {
        return m_addresses[user];
    }

    ns3::Ipv4Address AnchorAddress(int) const override
    {
        return m_anchorAddress;
    }

    /// Transport blocks over all resource blocks at the user's last wideband CQI.
    double MaxRateMbps(int user) const override;

    int CellId(int) const override
    {
        return 1;
    }

    /// Share of the cell's resource block groups granted to the user in the interval, percent.
    double RbUsagePercent(int user) const;

    /// Groups of each slice from the next subframe on.
    void SetSlices(std::vector<SliceShare> shares)
    {
        m_scheduler->Slices().SetShares(std::move(shares));
    }

    const std::vector<SliceShare>& Slices() const
    {
        return m_scheduler->Slices().Shares();
    }

    /// Whether the user's next packets take the prioritized bearer or the default bearer.
    void SetPriority(int user, bool prioritized)
    {
        m_gateway->SetPriority(m_addresses[user], prioritized);
    }

    void ClearInterval();

  private:
    void BuildRadio(const Settings& settings, const ns3::NodeContainer& users);
    void ConnectAnchor(const Settings& settings,
                       const ns3::NodeContainer& users,
                       ns3::Ptr<ns3::Node> anchor);
    void AddPriorityBearer(ns3::Ptr<ns3::NetDevice> user);
    void BuildSlices(const Settings& settings);
    std::uint16_t Rnti(int user) const;

    // The helpers own parts of the running stack, so they live as long as the network.
    ns3::Ptr<ns3::LteHelper> m_lte;
    ns3::Ptr<ns3::PointToPointEpcHelper> m_epc;
    ns3::Ptr<ns3::LteEnbNetDevice> m_baseStation;
    ns3::NetDeviceContainer m_devices;
    ns3::Ptr<SlicingScheduler> m_scheduler;
    ns3::Ptr<ns3::LteAmc> m_amc;
    std::unique_ptr<LteGateway> m_gateway;
    ns3::Ipv4Address m_anchorAddress;
    std::vector<ns3::Ipv4Address> m_addresses;
    std::vector<int> m_sliceOf; ///< slice of each user
    int m_resourceBlocks;
};

} // namespace netgym
