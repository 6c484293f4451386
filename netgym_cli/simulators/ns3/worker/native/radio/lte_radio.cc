// SPDX-License-Identifier: GPL-2.0-only
#include "radio/lte_radio.h"

#include "bridge/duration.h"

#include <ns3/boolean.h>
#include <ns3/config.h>
#include <ns3/double.h>
#include <ns3/enum.h>
#include <ns3/lte-amc.h>
#include <ns3/lte-enb-rrc.h>
#include <ns3/uinteger.h>

namespace netgym
{

using namespace ns3;

namespace
{

// Band 5 of 3GPP TS 36.101, as channel numbers.
constexpr int DL_EARFCN = 5850;  // 860 MHz
constexpr int UL_EARFCN = 23850; // 815 MHz

void
SetLteDefaults(const LteRadio& radio)
{
    Config::SetDefault("ns3::LteEnbRrc::EpsBearerToRlcMapping",
                       EnumValue(LteEnbRrc::RLC_UM_ALWAYS));
    Config::SetDefault("ns3::LteRlcUm::MaxTxBufferSize", UintegerValue(radio.rlcBufferBytes));
    Config::SetDefault("ns3::LteRlcUm::ReorderingTimer", TimeValue(MilliSeconds(10)));
    Config::SetDefault("ns3::LteAmc::AmcModel", EnumValue(LteAmc::PiroEW2010));
    Config::SetDefault("ns3::LteEnbPhy::TxPower", DoubleValue(radio.txPowerDbm));
    // Full power: the helper's open-loop control leaves users at the cell's edge without an uplink.
    Config::SetDefault("ns3::LteUePhy::EnableUplinkPowerControl", BooleanValue(false));
    Config::SetDefault("ns3::LteUePhy::TxPower", DoubleValue(radio.userTxPowerDbm));
}

} // namespace

Ptr<LteHelper>
LteRadio::MakeHelper() const
{
    SetLteDefaults(*this);
    auto helper = CreateObject<LteHelper>();
    helper->SetPathlossModelType(TypeId::LookupByName("ns3::LogDistancePropagationLossModel"));
    helper->SetPathlossModelAttribute("Exponent", DoubleValue(pathLossExponent));
    helper->SetPathlossModelAttribute("ReferenceLoss", DoubleValue(referenceLossDb));
    if (fadingCoherenceMs > 0)
    {
        helper->SetFadingModel("netgym::BlockFading");
        helper->SetFadingModelAttribute("Coherence", TimeValue(DurationOfMs(fadingCoherenceMs)));
    }
    helper->SetSchedulerType(scheduler);
    helper->SetEnbDeviceAttribute("DlBandwidth", UintegerValue(resourceBlocks));
    helper->SetEnbDeviceAttribute("UlBandwidth", UintegerValue(resourceBlocks));
    helper->SetEnbDeviceAttribute("DlEarfcn", UintegerValue(DL_EARFCN));
    helper->SetEnbDeviceAttribute("UlEarfcn", UintegerValue(UL_EARFCN));
    return helper;
}

} // namespace netgym
