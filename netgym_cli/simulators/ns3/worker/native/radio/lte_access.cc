// SPDX-License-Identifier: GPL-2.0-only
#include "radio/lte_access.h"

#include "bridge/duration.h"
#include "radio/lte_radio.h"
#include "radio/topology.h"
#include "radio/user_slices.h"

#include <ns3/component-carrier-enb.h>
#include <ns3/config.h>
#include <ns3/epc-tft.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/lte-ue-rrc.h>
#include <ns3/uinteger.h>

namespace netgym
{

using namespace ns3;

namespace
{

// 3GPP TS 36.213 table 7.1.6.1-1
int
RbgSize(int resourceBlocks)
{
    return resourceBlocks <= 10 ? 1 : resourceBlocks <= 26 ? 2 : resourceBlocks <= 63 ? 3 : 4;
}

} // namespace

LteAccess::LteAccess(const Settings& settings, const NodeContainer& users, Ptr<Node> anchor)
    : m_resourceBlocks(settings.Integer("lte.resource_block_num"))
{
    BuildRadio(settings, users);
    ConnectAnchor(settings, users, anchor);
    BuildSlices(settings);
    m_amc = CreateObject<LteAmc>();
}

void
LteAccess::BuildRadio(const Settings& settings, const NodeContainer& users)
{
    Config::SetDefault("ns3::LteEnbRrc::SrsPeriodicity", UintegerValue(320)); // room for 50 users
    Config::SetDefault("ns3::LteUePhy::DownlinkCqiPeriodicity",
                       TimeValue(DurationOfMs(settings.Number("lte.cqi_period_ms"))));
    Config::SetDefault("ns3::PointToPointEpcHelper::S1uLinkDelay", TimeValue(Time(0)));
    const LteRadio radio{
        .scheduler = "netgym::SlicingScheduler",
        .resourceBlocks = static_cast<std::uint16_t>(m_resourceBlocks),
        .txPowerDbm = settings.Number("lte.tx_power_dbm"),
        .userTxPowerDbm = settings.Number("lte.user_tx_power_dbm"),
        .pathLossExponent = settings.Number("lte.path_loss_exponent"),
        .referenceLossDb = settings.Number("lte.reference_loss_db"),
        .fadingCoherenceMs = settings.Number("lte.fading_coherence_ms"),
        .rlcBufferBytes = static_cast<std::uint32_t>(settings.Integer("lte.rlc_buffer_bytes")),
    };
    m_lte = radio.MakeHelper();
    m_epc = CreateObject<PointToPointEpcHelper>();
    m_lte->SetEpcHelper(m_epc);

    const auto site = NodesAt(settings.Places("lte_enb_locations"));
    m_baseStation = DynamicCast<LteEnbNetDevice>(m_lte->InstallEnbDevice(site).Get(0));
    m_devices = m_lte->InstallUeDevice(users);
    auto carrier = DynamicCast<ComponentCarrierEnb>(m_baseStation->GetCcMap().at(0));
    m_scheduler = DynamicCast<SlicingScheduler>(carrier->GetFfMacScheduler());
}

void
LteAccess::ConnectAnchor(const Settings& settings, const NodeContainer& users, Ptr<Node> anchor)
{
    const auto addresses = m_epc->AssignUeIpv4Address(m_devices);
    m_gateway = std::make_unique<LteGateway>(
        anchor,
        m_baseStation,
        DurationOfMs(settings.Number("lte.backhaul_delay_ms")) + MicroSeconds(30));
    Ipv4AddressHelper anchorNet("10.1.0.0", "255.255.255.0");
    m_anchorAddress = anchorNet.Assign(NetDeviceContainer(m_gateway->Device())).GetAddress(0);
    AddNetworkRoute(anchor, "7.0.0.0", "255.0.0.0", Ipv4Address::GetZero(), m_gateway->Device());
    for (std::uint32_t user = 0; user < users.GetN(); ++user)
    {
        m_addresses.push_back(addresses.GetAddress(user));
        m_gateway->AddUser(addresses.GetAddress(user),
                           DynamicCast<LteUeNetDevice>(m_devices.Get(user)));
        AddHostRoute(users.Get(user),
                     m_anchorAddress,
                     m_epc->GetUeDefaultGatewayAddress(),
                     m_devices.Get(user));
        m_lte->Attach(m_devices.Get(user), DynamicCast<NetDevice>(m_baseStation));
        if (settings.Flag("gma.enable_dynamic_flow_prioritization"))
        {
            AddPriorityBearer(m_devices.Get(user));
        }
    }
}

void
LteAccess::AddPriorityBearer(Ptr<NetDevice> user)
{
    // Its filter matches no packet: the gateway chooses the downlink bearer, and uplink packets
    // keep the default bearer.
    auto nothing = ns3::Create<EpcTft>();
    EpcTft::PacketFilter filter;
    filter.localPortStart = filter.localPortEnd = 1;
    nothing->Add(filter);
    m_lte->ActivateDedicatedEpsBearer(user, EpsBearer(EpsBearer::GBR_CONV_VIDEO), nothing);
}

void
LteAccess::BuildSlices(const Settings& settings)
{
    const auto perSlice = [&](const std::string& key) {
        return settings.Numbers("per_slice_config." + key);
    };
    const auto dedicated = perSlice("dedicated_rbg");
    const auto prioritized = perSlice("prioritized_rbg");
    const auto shared = perSlice("shared_rbg");
    std::vector<SliceShare> shares;
    m_sliceOf = SlicesOfUsers(settings);
    for (std::size_t slice = 0; slice < dedicated.size(); ++slice)
    {
        shares.push_back({static_cast<int>(dedicated[slice]),
                          static_cast<int>(prioritized[slice]),
                          static_cast<int>(shared[slice])});
    }
    m_scheduler->SetGroupSize(RbgSize(m_resourceBlocks));
    m_scheduler->prioritize = settings.Flag("gma.enable_dynamic_flow_prioritization");
    SetSlices(std::move(shares));
}

void
LteAccess::ClearInterval()
{
    m_scheduler->Clear();
    // A user has no radio identity until it is connected.
    for (std::size_t user = 0; user < m_sliceOf.size(); ++user)
    {
        m_scheduler->Record(Rnti(static_cast<int>(user))).slice = m_sliceOf[user];
    }
}

std::uint16_t
LteAccess::Rnti(int user) const
{
    return DynamicCast<LteUeNetDevice>(m_devices.Get(user))->GetRrc()->GetRnti();
}

double
LteAccess::MaxRateMbps(int user) const
{
    const int cqi = m_scheduler->Record(Rnti(user)).cqi;
    if (cqi < 1)
    {
        return 0;
    }
    const int bitsPerSubframe =
        m_amc->GetDlTbSizeFromMcs(m_amc->GetMcsFromCqi(cqi), m_resourceBlocks);
    return bitsPerSubframe * 1e-3;
}

double
LteAccess::RbUsagePercent(int user) const
{
    const double groups = m_resourceBlocks / RbgSize(m_resourceBlocks);
    const double all = groups * static_cast<double>(m_scheduler->Subframes());
    return all > 0 ? 100.0 * m_scheduler->Record(Rnti(user)).rbgs / all : 0;
}

} // namespace netgym
