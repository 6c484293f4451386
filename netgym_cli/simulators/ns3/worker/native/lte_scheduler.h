// Watches any ns-3 LTE scheduler from outside: channel quality reported by users, resource block groups granted to them.
#pragma once
#include <ns3/ff-mac-scheduler.h>
#include <ns3/lte-ffr-sap.h>

#include <map>
#include <string>

namespace netgym
{

/// Passes everything between MAC, scheduler and frequency reuse on, and counts on the way.
class ObservedScheduler : public ns3::FfMacScheduler,
                          public ns3::FfMacSchedSapProvider,
                          public ns3::FfMacSchedSapUser
{
  public:
    struct UserRecord
    {
        std::uint8_t cqi{0};   ///< last wideband CQI, 0 to 15
        std::uint64_t rbgs{0}; ///< resource block groups granted since the last Clear
    };

    static ns3::TypeId GetTypeId();
    ~ObservedScheduler() override = default;

    const UserRecord& Record(std::uint16_t rnti) { return m_records[rnti]; }
    /// Scheduling intervals (1 ms) since the last Clear.
    std::uint64_t Subframes() const { return m_subframes; }
    void Clear();

    // FfMacScheduler
    void SetFfMacCschedSapUser(ns3::FfMacCschedSapUser* user) override { m_inner->SetFfMacCschedSapUser(user); }
    void SetFfMacSchedSapUser(ns3::FfMacSchedSapUser* user) override;
    ns3::FfMacCschedSapProvider* GetFfMacCschedSapProvider() override { return m_inner->GetFfMacCschedSapProvider(); }
    ns3::FfMacSchedSapProvider* GetFfMacSchedSapProvider() override;
    void SetLteFfrSapProvider(ns3::LteFfrSapProvider* provider) override { m_inner->SetLteFfrSapProvider(provider); }
    ns3::LteFfrSapUser* GetLteFfrSapUser() override { return m_inner->GetLteFfrSapUser(); }

    // MAC to scheduler
    void SchedDlRlcBufferReq(const SchedDlRlcBufferReqParameters& p) override { m_scheduler->SchedDlRlcBufferReq(p); }
    void SchedDlPagingBufferReq(const SchedDlPagingBufferReqParameters& p) override { m_scheduler->SchedDlPagingBufferReq(p); }
    void SchedDlMacBufferReq(const SchedDlMacBufferReqParameters& p) override { m_scheduler->SchedDlMacBufferReq(p); }
    void SchedDlTriggerReq(const SchedDlTriggerReqParameters& p) override;
    void SchedDlRachInfoReq(const SchedDlRachInfoReqParameters& p) override { m_scheduler->SchedDlRachInfoReq(p); }
    void SchedDlCqiInfoReq(const SchedDlCqiInfoReqParameters& p) override;
    void SchedUlTriggerReq(const SchedUlTriggerReqParameters& p) override { m_scheduler->SchedUlTriggerReq(p); }
    void SchedUlNoiseInterferenceReq(const SchedUlNoiseInterferenceReqParameters& p) override
    {
        m_scheduler->SchedUlNoiseInterferenceReq(p);
    }
    void SchedUlSrInfoReq(const SchedUlSrInfoReqParameters& p) override { m_scheduler->SchedUlSrInfoReq(p); }
    void SchedUlMacCtrlInfoReq(const SchedUlMacCtrlInfoReqParameters& p) override { m_scheduler->SchedUlMacCtrlInfoReq(p); }
    void SchedUlCqiInfoReq(const SchedUlCqiInfoReqParameters& p) override { m_scheduler->SchedUlCqiInfoReq(p); }

    // scheduler to MAC
    void SchedDlConfigInd(const SchedDlConfigIndParameters& p) override;
    void SchedUlConfigInd(const SchedUlConfigIndParameters& p) override { m_mac->SchedUlConfigInd(p); }

  private:
    void DoDispose() override;
    void SetInner(std::string type);
    std::string GetInner() const { return m_innerType; }

    std::string m_innerType;
    ns3::Ptr<ns3::FfMacScheduler> m_inner;
    ns3::FfMacSchedSapUser* m_mac{nullptr};
    ns3::FfMacSchedSapProvider* m_scheduler{nullptr};
    std::map<std::uint16_t, UserRecord> m_records;
    std::uint64_t m_subframes{0};
};

} // namespace netgym
