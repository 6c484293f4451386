// SPDX-License-Identifier: GPL-2.0-only
// Stations that send to one receiver over 802.11a: a channel whose packets are frames of the Wi-Fi
// MAC.
#include "bridge/channel_header.h"
#include "bridge/channel_scenario.h"
#include "bridge/duration.h"
#include "bridge/settings.h"
#include "radio/passed_preambles.h"
#include "radio/topology.h"

#include <ns3/double.h>
#include <ns3/llc-snap-header.h>
#include <ns3/random-variable-stream.h>
#include <ns3/simulator.h>
#include <ns3/string.h>
#include <ns3/uinteger.h>
#include <ns3/wifi-helper.h>
#include <ns3/wifi-mac-queue.h>
#include <ns3/wifi-mac.h>
#include <ns3/wifi-mpdu.h>
#include <ns3/wifi-net-device.h>
#include <ns3/yans-wifi-helper.h>

#include <cmath>
#include <numbers>

namespace netgym
{

using namespace ns3;

namespace
{

constexpr std::uint16_t CHANNEL_PROTOCOL = 0x0800;      // IPv4, which the packets represent
constexpr std::uint16_t INTERFERENCE_PROTOCOL = 0x88b5; // an EtherType for experiments

/// Leaves out the four queues of 802.11e, which stations without QoS never use and which take a
/// quarter of the time of building a network.
class PlainMacHelper : public WifiMacHelper
{
  public:
    PlainMacHelper()
    {
        m_edca.clear();
    }
};

class ChannelWifi : public ChannelScenario
{
  public:
    explicit ChannelWifi(const Settings& settings)
        : ChannelScenario(settings.Numbers("distances_m").size()),
          m_stations(settings.Numbers("distances_m").size())
    {
        Build(settings, NodesAt(Places(settings)));
        const int interferers = settings.Integer("interferers");
        if (interferers > 0)
        {
            m_gap = CreateObject<ExponentialRandomVariable>();
            m_interferenceBytes =
                settings.Integer("interferer_packet_bytes") + ChannelHeader::BYTES;
            m_meanGapMs = settings.Integer("interferer_packet_bytes") * 8e-3 /
                          settings.Number("interferer_rate_mbps");
        }
        for (int i = 0; i < interferers; ++i)
        {
            const auto device = m_devices.Get(1 + m_stations + i);
            Simulator::ScheduleWithContext(device->GetNode()->GetId(),
                                           Gap(),
                                           &ChannelWifi::Interfere,
                                           this,
                                           device);
        }
    }

    void Advance() override
    {
        ChannelScenario::Advance();
        ForgetPassedPreambles(m_devices);
    }

  protected:
    void Transmit(std::uint32_t port, Ptr<Packet> packet) override
    {
        m_devices.Get(1 + port)->Send(packet, m_devices.Get(0)->GetAddress(), CHANNEL_PROTOCOL);
    }

  private:
    /// The receiver in the middle, stations spread over a sector, interferers on the other side of
    /// the receiver.
    static std::vector<Vector> Places(const Settings& settings)
    {
        std::vector<Vector> places{Vector(0, 0, 0)};
        const auto distances = settings.Numbers("distances_m");
        const double sector = settings.Number("sector_deg") * std::numbers::pi / 180;
        for (std::size_t i = 0; i < distances.size(); ++i)
        {
            const double angle =
                sector * static_cast<double>(i) / static_cast<double>(distances.size());
            places.emplace_back(distances[i] * std::cos(angle), distances[i] * std::sin(angle), 0);
        }
        for (int i = 0; i < settings.Integer("interferers"); ++i)
        {
            places.emplace_back(-settings.Number("interferer_distance_m"), 0, 0);
        }
        return places;
    }

    void Build(const Settings& settings, const NodeContainer& nodes)
    {
        YansWifiChannelHelper channel;
        channel.SetPropagationDelay("ns3::ConstantSpeedPropagationDelayModel");
        channel.AddPropagationLoss("ns3::LogDistancePropagationLossModel",
                                   "Exponent",
                                   DoubleValue(settings.Number("loss_exponent")),
                                   "ReferenceLoss",
                                   DoubleValue(settings.Number("reference_loss_db")));
        YansWifiPhyHelper phy;
        phy.SetChannel(channel.Create());
        phy.Set("TxPowerStart", DoubleValue(settings.Number("tx_power_dbm")));
        phy.Set("TxPowerEnd", DoubleValue(settings.Number("tx_power_dbm")));
        WifiHelper wifi;
        wifi.DisableFlowControl(); // there is no traffic control layer whose queue could be stopped
        wifi.SetStandard(WIFI_STANDARD_80211a);
        wifi.SetRemoteStationManager(
            "ns3::ConstantRateWifiManager",
            "DataMode",
            StringValue("OfdmRate" + settings.Text("data_rate_mbps") + "Mbps"),
            "ControlMode",
            StringValue("OfdmRate6Mbps"));
        PlainMacHelper mac;
        mac.SetType("ns3::AdhocWifiMac",
                    "FrameRetryLimit",
                    UintegerValue(settings.Integer("max_retries")));
        m_devices = wifi.Install(phy, mac, nodes);
        m_devices.Get(0)->SetReceiveCallback(MakeCallback(&ChannelWifi::Receive, this));
        for (std::size_t i = 0; i < m_stations; ++i)
        {
            auto station = DynamicCast<WifiNetDevice>(m_devices.Get(1 + i));
            station->GetMac()->TraceConnectWithoutContext("DroppedMpdu",
                                                          MakeCallback(&ChannelWifi::Drop, this));
        }
    }

    bool Receive(Ptr<NetDevice>, Ptr<const Packet> packet, std::uint16_t protocol, const Address&)
    {
        if (protocol == CHANNEL_PROTOCOL)
        {
            RecordFate(packet, ARRIVED);
        }
        return true;
    }

    /// The station drops a packet: retries used up, too old, or its queue is full. It may
    /// have been received, when only the acknowledgements were lost; then its arrival is recorded
    /// already, and the trainer ignores this.
    void Drop(WifiMacDropReason, Ptr<const WifiMpdu> frame)
    {
        auto packet = frame->GetPacket()->Copy();
        LlcSnapHeader llc;
        packet->RemoveHeader(llc);
        RecordFate(packet, LOST);
    }

    void Interfere(Ptr<NetDevice> device)
    {
        device->Send(ns3::Create<Packet>(m_interferenceBytes),
                     m_devices.Get(0)->GetAddress(),
                     INTERFERENCE_PROTOCOL);
        Simulator::Schedule(Gap(), &ChannelWifi::Interfere, this, device);
    }

    /// Time to an interferer's next packet: exponential, so that its packets are a Poisson process.
    Time Gap()
    {
        return DurationOfMs(m_gap->GetValue(m_meanGapMs, 0));
    }

    std::size_t m_stations;
    NetDeviceContainer m_devices; ///< the receiver, the stations, the interferers
    Ptr<ExponentialRandomVariable> m_gap;
    std::uint32_t m_interferenceBytes{0};
    double m_meanGapMs{0};
};

const Registration CHANNEL_WIFI("channel_wifi",
                                [](const Settings& settings) { return new ChannelWifi(settings); });

} // namespace

} // namespace netgym
