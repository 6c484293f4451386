// SPDX-License-Identifier: GPL-2.0-only
// One user of an abstract NR cell: the downlink from the base station to the user.
#include "bridge/channel_scenario.h"
#include "bridge/settings.h"
#include "radio/nr_cell.h"
#include "radio/topology.h"

#include <ns3/simulator.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace netgym
{

using namespace ns3;

namespace
{

/// The evaluation scenarios of 3GPP TR 38.901, table 7.2-1 to 7.2-3: models of ns-3 and heights of
/// the antennas.
struct Environment
{
    const char* name;
    NrEnvironment models;
    double siteHeightM;
    double userHeightM;
};

const std::array<Environment, 5> ENVIRONMENTS{{
    {"UMa", {"Uma", "Uma"}, 25, 1.5},
    {"UMi-StreetCanyon", {"UmiStreetCanyon", "UmiStreetCanyon"}, 10, 1.5},
    {"RMa", {"Rma", "Rma"}, 35, 1.5},
    {"InH-OfficeMixed", {"IndoorOffice", "IndoorMixedOffice"}, 3, 1},
    {"InH-OfficeOpen", {"IndoorOffice", "IndoorOpenOffice"}, 3, 1},
}};

const Environment&
FindEnvironment(const std::string& name)
{
    for (const auto& environment : ENVIRONMENTS)
    {
        if (environment.name == name)
        {
            return environment;
        }
    }
    throw std::invalid_argument("unknown scenario '" + name + "'");
}

class ChannelNr : public ChannelScenario
{
  public:
    explicit ChannelNr(const Settings& settings)
        : ChannelScenario(1)
    {
        const auto& environment = FindEnvironment(settings.Text("scenario"));
        NrParameters parameters{};
        parameters.resourceBlocks = settings.Integer("resource_blocks");
        parameters.subcarrierSpacingKhz = settings.Number("subcarrier_spacing_khz");
        parameters.carrierHz = settings.Number("carrier_frequency_ghz") * 1e9;
        parameters.txPowerDbm = settings.Number("tx_power_dbm");
        parameters.fadingSigmaDb = settings.Number("fading_sigma_db");
        parameters.fadingCoherenceMs = settings.Number("fading_coherence_ms");
        parameters.targetBler = settings.Number("target_bler");
        parameters.queueBytes = settings.Integer("queue_bytes");
        parameters.environment = environment.models;
        const auto nodes =
            NodesAt({Vector(0, 0, environment.siteHeightM),
                     Vector(settings.Number("distance_m"), 0, environment.userHeightM)});
        m_cell = std::make_unique<NrCell>(parameters, nodes.Get(0)->GetObject<MobilityModel>());
        m_cell->AddUser(nodes.Get(1)->GetObject<MobilityModel>(),
                        nodes.Get(1)->GetId(),
                        [this](Ptr<Packet> packet) { RecordFate(packet, ARRIVED); });
        m_cell->Start();
    }

  protected:
    void Transmit(std::uint32_t, Ptr<Packet> packet) override
    {
        if (!m_cell->Enqueue(0, packet))
        {
            RecordFate(packet, LOST);
        }
    }

  private:
    std::unique_ptr<NrCell> m_cell;
};

const Registration CHANNEL_NR("channel_nr",
                              [](const Settings& settings) { return new ChannelNr(settings); });

} // namespace

} // namespace netgym
