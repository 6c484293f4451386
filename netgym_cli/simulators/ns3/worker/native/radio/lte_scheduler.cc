// SPDX-License-Identifier: GPL-2.0-only
#include "radio/lte_scheduler.h"

#include <ns3/object-factory.h>
#include <ns3/string.h>

#include <algorithm>
#include <bitset>

namespace netgym
{

using namespace ns3;

NS_OBJECT_ENSURE_REGISTERED(SlicingScheduler);

TypeId
SlicingScheduler::GetTypeId()
{
    static TypeId id = TypeId("netgym::SlicingScheduler")
                           .SetParent<FfMacScheduler>()
                           .AddConstructor<SlicingScheduler>()
                           .AddAttribute("Inner",
                                         "Type of the scheduler that decides",
                                         StringValue("ns3::PfFfMacScheduler"),
                                         MakeStringAccessor(&SlicingScheduler::SetInner,
                                                            &SlicingScheduler::GetInner),
                                         MakeStringChecker());
    return id;
}

SlicingScheduler::SlicingScheduler()
    : m_amc(CreateObject<LteAmc>())
{
}

void
SlicingScheduler::SetInner(std::string type)
{
    m_innerType = type;
    m_inner = ObjectFactory(type).Create<FfMacScheduler>();
}

void
SlicingScheduler::SetFfMacSchedSapUser(FfMacSchedSapUser* user)
{
    m_mac = user;
    m_inner->SetFfMacSchedSapUser(this);
}

FfMacSchedSapProvider*
SlicingScheduler::GetFfMacSchedSapProvider()
{
    m_scheduler = m_inner->GetFfMacSchedSapProvider();
    return this;
}

void
SlicingScheduler::SetLteFfrSapProvider(LteFfrSapProvider* provider)
{
    m_reuse = provider;
    m_inner->SetLteFfrSapProvider(this);
}

void
SlicingScheduler::DoDispose()
{
    if (m_inner)
    {
        m_inner->Dispose();
        m_inner = nullptr;
    }
    FfMacScheduler::DoDispose();
}

void
SlicingScheduler::Clear()
{
    m_subframes = 0;
    for (auto& [rnti, record] : m_records)
    {
        record.rbgs = 0;
    }
}

void
SlicingScheduler::SchedDlTriggerReq(const SchedDlTriggerReqParameters& p)
{
    m_subframes++;
    m_turn++;
    Plan();
    m_scheduler->SchedDlTriggerReq(p);
}

void
SlicingScheduler::SchedDlRlcBufferReq(const SchedDlRlcBufferReqParameters& p)
{
    m_records[p.m_rnti].backlogBytes[p.m_logicalChannelIdentity] =
        p.m_rlcTransmissionQueueSize + p.m_rlcRetransmissionQueueSize + p.m_rlcStatusPduSize;
    m_scheduler->SchedDlRlcBufferReq(p);
}

int
SlicingScheduler::GroupsFor(const UserRecord& record, std::uint32_t bytes) const
{
    if (bytes == 0)
    {
        return 0;
    }
    const int mcs = m_amc->GetMcsFromCqi(std::max<int>(record.cqi, 1));
    const int groupBytes = std::max(1, m_amc->GetDlTbSizeFromMcs(mcs, m_groupSize) / 8);
    return static_cast<int>((bytes + groupBytes - 1) / groupBytes);
}

void
SlicingScheduler::Plan()
{
    m_allowed.clear();
    m_priorityOnly.clear();
    const int groups = static_cast<int>(m_reuse->GetAvailableDlRbg().size());
    const bool slicing = m_slices.Restricts(groups);
    if (!slicing && !prioritize)
    {
        return;
    }
    const std::size_t slices = m_slices.Shares().size();
    std::vector<int> needed(slices, 0);
    std::vector<int> urgent(slices, 0);
    for (const auto& [rnti, record] : m_records)
    {
        std::uint32_t waiting = 0;
        for (const auto& [channel, bytes] : record.backlogBytes)
        {
            waiting += bytes;
        }
        needed[record.slice] += GroupsFor(record, waiting);
        const auto priority = record.backlogBytes.find(PRIORITY_CHANNEL);
        urgent[record.slice] +=
            priority == record.backlogBytes.end() ? 0 : GroupsFor(record, priority->second);
    }
    m_allowed = slicing ? m_slices.Allowed(groups, needed, m_turn)
                        : std::vector<std::uint32_t>(groups, ~0U);
    if (prioritize)
    {
        m_priorityOnly.assign(groups, false);
        for (int group = 0; group < groups; ++group)
        {
            for (std::size_t slice = 0; slice < slices && !m_priorityOnly[group]; ++slice)
            {
                if ((m_allowed[group] >> slice & 1U) && urgent[slice] > 0)
                {
                    urgent[slice]--;
                    m_priorityOnly[group] = true;
                }
            }
        }
    }
}

bool
SlicingScheduler::IsDlRbgAvailableForUe(int group, std::uint16_t rnti)
{
    if (!m_allowed.empty())
    {
        const auto& record = m_records[rnti];
        if (!(m_allowed[group] >> record.slice & 1U))
        {
            return false;
        }
        if (!m_priorityOnly.empty() && m_priorityOnly[group])
        {
            const auto priority = record.backlogBytes.find(PRIORITY_CHANNEL);
            if (priority == record.backlogBytes.end() || priority->second == 0)
            {
                return false;
            }
        }
    }
    return m_reuse->IsDlRbgAvailableForUe(group, rnti);
}

void
SlicingScheduler::SchedDlCqiInfoReq(const SchedDlCqiInfoReqParameters& p)
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
SlicingScheduler::SchedDlConfigInd(const SchedDlConfigIndParameters& p)
{
    for (const auto& grant : p.m_buildDataList)
    {
        auto& record = m_records[grant.m_rnti];
        record.rbgs += std::bitset<32>(grant.m_dci.m_rbBitmap).count();
        if (grant.m_dci.m_ndi.empty() || grant.m_dci.m_ndi.front() == 0)
        {
            continue; // a retransmission takes nothing from the queue
        }
        for (const auto& layer : grant.m_rlcPduList)
        {
            for (const auto& pdu : layer)
            {
                auto& waiting = record.backlogBytes[pdu.m_logicalChannelIdentity];
                waiting -= std::min<std::uint32_t>(waiting, pdu.m_size);
            }
        }
    }
    m_mac->SchedDlConfigInd(p);
}

} // namespace netgym
