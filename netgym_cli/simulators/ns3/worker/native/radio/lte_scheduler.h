// SPDX-License-Identifier: GPL-2.0-only
// Wraps any ns-3 LTE scheduler: records channel quality reports and granted resource block groups,
// and reserves groups for slices and prioritized traffic through the interface for frequency reuse.
#pragma once
#include "radio/slice_plan.h"

#include <ns3/ff-mac-scheduler.h>
#include <ns3/lte-amc.h>
#include <ns3/lte-ffr-sap.h>

#include <map>
#include <string>
#include <vector>

namespace netgym
{

/// Forwards everything between MAC, scheduler and frequency reuse; the inner scheduler decides
/// among the allowed groups. Retransmissions are exempt: they take the groups of their first
/// transmission or, where those are taken, any others.
class SlicingScheduler : public ns3::FfMacScheduler,
                         public ns3::FfMacSchedSapProvider,
                         public ns3::FfMacSchedSapUser,
                         public ns3::LteFfrSapProvider
{
  public:
    /// Logical channel of the second data bearer, whose packets are prioritized.
    static constexpr std::uint8_t PRIORITY_CHANNEL = 4;

    struct UserRecord
    {
        std::uint8_t cqi{0};   ///< last wideband CQI, 0 to 15
        std::uint64_t rbgs{0}; ///< resource block groups granted since the last Clear
        int slice{0};
        std::map<std::uint8_t, std::uint32_t> backlogBytes; ///< waiting bytes per logical channel
    };

    static ns3::TypeId GetTypeId();
    SlicingScheduler();
    ~SlicingScheduler() override = default;

    UserRecord& Record(std::uint16_t rnti)
    {
        return m_records[rnti];
    }

    SlicePlan& Slices()
    {
        return m_slices;
    }

    /// Resource blocks per group of the carrier.
    void SetGroupSize(int resourceBlocks)
    {
        m_groupSize = resourceBlocks;
    }

    /// Whether waiting bytes of the priority channel reserve the groups that they need.
    bool prioritize{false};

    /// Scheduling intervals (1 ms) since the last Clear.
    std::uint64_t Subframes() const
    {
        return m_subframes;
    }

    void Clear();

    // FfMacScheduler
    void SetFfMacCschedSapUser(ns3::FfMacCschedSapUser* user) override
    {
        m_inner->SetFfMacCschedSapUser(user);
    }

    void SetFfMacSchedSapUser(ns3::FfMacSchedSapUser* user) override;

    ns3::FfMacCschedSapProvider* GetFfMacCschedSapProvider() override
    {
        return m_inner->GetFfMacCschedSapProvider();
    }

    ns3::FfMacSchedSapProvider* GetFfMacSchedSapProvider() override;
    void SetLteFfrSapProvider(ns3::LteFfrSapProvider* provider) override;

    ns3::LteFfrSapUser* GetLteFfrSapUser() override
    {
        return m_inner->GetLteFfrSapUser();
    }

    // MAC to scheduler
    void SchedDlRlcBufferReq(const SchedDlRlcBufferReqParameters& p) override;

    void SchedDlPagingBufferReq(const SchedDlPagingBufferReqParameters& p) override
    {
        m_scheduler->SchedDlPagingBufferReq(p);
    }

    void SchedDlMacBufferReq(const SchedDlMacBufferReqParameters& p) override
    {
        m_scheduler->SchedDlMacBufferReq(p);
    }

    void SchedDlTriggerReq(const SchedDlTriggerReqParameters& p) override;

    void SchedDlRachInfoReq(const SchedDlRachInfoReqParameters& p) override
    {
        m_scheduler->SchedDlRachInfoReq(p);
    }

    void SchedDlCqiInfoReq(const SchedDlCqiInfoReqParameters& p) override;

    void SchedUlTriggerReq(const SchedUlTriggerReqParameters& p) override
    {
        m_scheduler->SchedUlTriggerReq(p);
    }

    void SchedUlNoiseInterferenceReq(const SchedUlNoiseInterferenceReqParameters& p) override
    {
        m_scheduler->SchedUlNoiseInterferenceReq(p);
    }

    void SchedUlSrInfoReq(const SchedUlSrInfoReqParameters& p) override
    {
        m_scheduler->SchedUlSrInfoReq(p);
    }

    void SchedUlMacCtrlInfoReq(const SchedUlMacCtrlInfoReqParameters& p) override
    {
        m_scheduler->SchedUlMacCtrlInfoReq(p);
    }

    void SchedUlCqiInfoReq(const SchedUlCqiInfoReqParameters& p) override
    {
        m_scheduler->SchedUlCqiInfoReq(p);
    }

    // scheduler to MAC
    void SchedDlConfigInd(const SchedDlConfigIndParameters& p) override;

    void SchedUlConfigInd(const SchedUlConfigIndParameters& p) override
    {
        m_mac->SchedUlConfigInd(p);
    }

    // scheduler to frequency reuse
    std::vector<bool> GetAvailableDlRbg() override
    {
        return m_reuse->GetAvailableDlRbg();
    }

    bool IsDlRbgAvailableForUe(int group, std::uint16_t rnti) override;

    std::vector<bool> GetAvailableUlRbg() override
    {
        return m_reuse->GetAvailableUlRbg();
    }

    bool IsUlRbgAvailableForUe(int block, std::uint16_t rnti) override
    {
        return m_reuse->IsUlRbgAvailableForUe(block, rnti);
    }

    void ReportDlCqiInfo(const SchedDlCqiInfoReqParameters& p) override
    {
        m_reuse->ReportDlCqiInfo(p);
    }

    void ReportUlCqiInfo(const SchedUlCqiInfoReqParameters& p) override
    {
        m_reuse->ReportUlCqiInfo(p);
    }

    void ReportUlCqiInfo(std::map<std::uint16_t, std::vector<double>> cqi) override
    {
        m_reuse->ReportUlCqiInfo(cqi);
    }

    std::uint8_t GetTpc(std::uint16_t rnti) override
    {
        return m_reuse->GetTpc(rnti);
    }

    std::uint16_t GetMinContinuousUlBandwidth() override
    {
        return m_reuse->GetMinContinuousUlBandwidth();
    }

  private:
    void DoDispose() override;
    void Plan();
    /// Groups that the bytes fill at the user's channel quality.
    int GroupsFor(const UserRecord& record, std::uint32_t bytes) const;
    void SetInner(std::string type);

    std::string GetInner() const
    {
        return m_innerType;
    }

    std::string m_innerType;
    ns3::Ptr<ns3::FfMacScheduler> m_inner;
    ns3::FfMacSchedSapUser* m_mac{nullptr};
    ns3::FfMacSchedSapProvider* m_scheduler{nullptr};
    ns3::LteFfrSapProvider* m_reuse{nullptr};
    ns3::Ptr<ns3::LteAmc> m_amc;
    std::map<std::uint16_t, UserRecord> m_records;
    SlicePlan m_slices;
    /// Per group the slices that may use it in this subframe; empty: all.
    std::vector<std::uint32_t> m_allowed;
    /// Per group whether only priority traffic may use it; empty: none.
    std::vector<bool> m_priorityOnly;
    int m_groupSize{1};
    std::uint64_t m_turn{0};
    std::uint64_t m_subframes{0};
};

} // namespace netgym
