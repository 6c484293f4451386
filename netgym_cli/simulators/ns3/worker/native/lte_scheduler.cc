#include "lte_scheduler.h"

#include <ns3/object-factory.h>
#include <ns3/string.h>

#include <bitset>

namespace netgym
{

using namespace ns3;

NS_OBJECT_ENSURE_REGISTERED(ObservedScheduler);

TypeId
ObservedScheduler::GetTypeId()
{
    static TypeId id = TypeId("netgym::ObservedScheduler")
                           .SetParent<FfMacScheduler>()
                           .AddConstructor<ObservedScheduler>()
                           .AddAttribute("Inner",
                                         "Type of the scheduler that decides",
                                         StringValue("ns3::PfFfMacScheduler"),
                                         MakeStringAccessor(&ObservedScheduler::SetInner, &ObservedScheduler::GetInner),
                                         MakeStringChecker());
    return id;
}

void
ObservedScheduler::SetInner(std::string type)
{
    m_innerType = type;
    m_inner = ObjectFactory(type).Create<FfMacScheduler>();
}

void
ObservedScheduler::SetFfMacSchedSapUser(FfMacSchedSapUser* user)
{
    m_mac = user;
    m_inner->SetFfMacSchedSapUser(this);
}

FfMacSchedSapProvider*
ObservedScheduler::GetFfMacSchedSapProvider()
{
    m_scheduler = m_inner->GetFfMacSchedSapProvider();
    return this;
}

void
ObservedScheduler::DoDispose()
{
    if (m_inner)
    {
        m_inner->Dispose();
        m_inner = nullptr;
    }
    FfMacScheduler::DoDispose();
}

void
ObservedScheduler::Clear()
{
    m_subframes = 0;
    for (auto& [rnti, record] : m_records)
    {
        record.rbgs = 0;
    }
}

void
ObservedScheduler::SchedDlTriggerReq(const SchedDlTriggerReqParameters& p)
{
    m_subframes++;
    m_scheduler->SchedDlTriggerReq(p);
}

void
ObservedScheduler::SchedDlCqiInfoReq(const SchedDlCqiInfoReqParameters& p)
{
    for (const auto& report : p.m_cqiList)
    {
        if (report.m_cqiType == CqiListElement_s::P10 && !report.m_wbCqi.empty())
        {
            m_records[report.m_rnti].cqi = report.m_wbCqi.front();
        }
    }
    m_scheduler->SchedDlCqiInfoReq(p);
}

void
ObservedScheduler::SchedDlConfigInd(const SchedDlConfigIndParameters& p)
{
    for (const auto& grant : p.m_buildDataList)
    {
        m_records[grant.m_rnti].rbgs += std::bitset<32>(grant.m_dci.m_rbBitmap).count();
    }
    m_mac->SchedDlConfigInd(p);
}

} // namespace netgym
