// SPDX-License-Identifier: GPL-2.0-only
// One user and one base station over the LTE radio stack (PDCP, RLC UM, MAC, PHY), without core
// network and IP stack.
#include "bridge/channel_scenario.h"
#include "bridge/settings.h"
#include "radio/lte_radio.h"
#include "radio/topology.h"

#include <ns3/epc-ue-nas.h>
#include <ns3/eps-bearer-tag.h>
#include <ns3/lte-enb-net-device.h>
#include <ns3/lte-enb-rrc.h>
#include <ns3/lte-ue-net-device.h>
#include <ns3/lte-ue-rrc.h>
#include <ns3/simulator.h>

namespace netgym
{

using namespace ns3;

namespace
{

// A user that has not connected by then is out of reach.
const Time CONNECTION_TIMEOUT = MilliSeconds(500);
const Time CONNECTION_POLL = MilliSeconds(5);
const Time BEARER_SETUP = MilliSeconds(20); // from the connection to a bearer that carries data
constexpr std::uint8_t BEARER = 1;          // the only one

class ChannelLte : public ChannelScenario
{
  public:
    explicit ChannelLte(const Settings& settings)
        : ChannelScenario(1),
          m_uplink(settings.Text("direction") == "uplink")
    {
        const LteRadio radio{
            .scheduler = "ns3::" + settings.Text("scheduler") + "FfMacScheduler",
            .resourceBlocks = static_cast<std::uint16_t>(settings.Integer("resource_blocks")),
            .txPowerDbm = settings.Number("tx_power_dbm"),
            .userTxPowerDbm = settings.Number("user_tx_power_dbm"),
            .pathLossExponent = settings.Number("loss_exponent"),
            .referenceLossDb = settings.Number("reference_loss_db"),
            .fadingCoherenceMs = settings.Number("fading_coherence_ms"),
            .rlcBufferBytes = static_cast<std::uint32_t>(settings.Integer("rlc_buffer_bytes")),
        };
        m_lte = radio.MakeHelper();
        Build(NodesAt({Vector(0, 0, 0), Vector(settings.Number("distance_m"), 0, 0)}));
    }

  protected:
    void Connect() override
    {
        while (!Connected() && Simulator::Now() < CONNECTION_TIMEOUT)
        {
            Run(CONNECTION_POLL);
        }
        Run(BEARER_SETUP);
    }

    /// Without a connection, packets are lost.
    void Transmit(std::uint32_t, Ptr<Packet> packet) override
    {
        if (!Connected())
        {
            RecordFate(packet, LOST);
        }
        else if (m_uplink)
        {
            m_user->GetRrc()->GetAsSapProvider()->SendData(packet, BEARER);
        }
        else
        {
            packet->AddPacketTag(EpsBearerTag(m_user->GetRrc()->GetRnti(), BEARER));
            m_cell->GetRrc()->SendData(packet);
        }
    }

  private:
    void Build(const NodeContainer& nodes)
    {
        m_cell = DynamicCast<LteEnbNetDevice>(m_lte->InstallEnbDevice(nodes.Get(0)).Get(0));
        m_user = DynamicCast<LteUeNetDevice>(m_lte->InstallUeDevice(nodes.Get(1)).Get(0));
        // Without core network, the helper leaves it at a traffic source.
        m_user->GetRrc()->SetUseRlcSm(false);
        m_lte->Attach(m_user, m_cell);
        m_lte->ActivateDataRadioBearer(m_user, EpsBearer(EpsBearer::NGBR_VIDEO_TCP_DEFAULT));
        const auto arrive = MakeCallback(&ChannelLte::Arrive, this);
        m_uplink ? m_cell->GetRrc()->SetForwardUpCallback(arrive)
                 : m_user->GetNas()->SetForwardUpCallback(arrive);
    }

    static void Run(Time time)
    {
        Simulator::Stop(time);
        Simulator::Run();
    }

    bool Connected() const
    {
        return m_user->GetRrc()->GetState() == LteUeRrc::CONNECTED_NORMALLY;
    }

    void Arrive(Ptr<Packet> packet)
    {
        RecordFate(packet, ARRIVED);
    }

    bool m_uplink;
    Ptr<LteHelper> m_lte; ///< owns parts of the running stack
    Ptr<LteEnbNetDevice> m_cell;
    Ptr<LteUeNetDevice> m_user;
};

const Registration CHANNEL_LTE("channel_lte",
                               [](const Settings& settings) { return new ChannelLte(settings); });

} // namespace

} // namespace netgym
