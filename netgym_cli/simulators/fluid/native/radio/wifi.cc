// SPDX-License-Identifier: Apache-2.0
#include "radio/wifi.h"

#include "radio/walk.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace fluid
{

namespace
{

// Free-space loss at 1 m and 5.15 GHz, and the exponent of an indoor log-distance model.
constexpr double LOSS_AT_1M_DB = 46.6777;
constexpr double EXPONENT = 3;
constexpr double NOISE_FIGURE_DB = 7;
constexpr double BANDWIDTH_HZ = 20e6;
constexpr double THERMAL_DBM_PER_HZ = -174;
// IEEE Std 802.11ax-2021, 27.5: 234 data subcarriers of a 242-tone RU, symbols of 12.8 us with a
// guard interval of 3.2 us; bits per subcarrier and code rate of each MCS.
constexpr double DATA_SUBCARRIERS = 234;
constexpr double SYMBOL_US = 16;
constexpr std::array<double, WifiPlan::MCS_COUNT> BITS_PER_SUBCARRIER{1 * 1.0 / 2,
                                                                      2 * 1.0 / 2,
                                                                      2 * 3.0 / 4,
                                                                      4 * 1.0 / 2,
                                                                      4 * 3.0 / 4,
                                                                      6 * 2.0 / 3,
                                                                      6 * 3.0 / 4,
                                                                      6 * 5.0 / 6,
                                                                      8 * 3.0 / 4,
                                                                      8 * 5.0 / 6,
                                                                      10 * 3.0 / 4,
                                                                      10 * 5.0 / 6};
constexpr double ACCESS_S = 65e-6;     // interframe space and a mean backoff without contention
constexpr double FRAME_BITS = 12.13e3; // a single packet's frame, with its headers
constexpr double MOST_ACK_SHARE = 0.5;

} // namespace

WifiPlan::WifiPlan(const Settings& settings, const Settings& calibration)
    : sites(settings.Places("wifi_ap_locations")),
      txPowerDbm(settings.Number("wifi.tx_power_dbm")),
      minRssiDbm(settings.Number("wifi.min_rssi_dbm")),
      noticedSnrDb(calibration.Number("wifi_noticed_snr_db")),
      follows(settings.Flag("wifi.enable_rx_signal_based_handover")),
      hysteresisDb(settings.Number("wifi.handover_hysteresis_db")),
      queuePackets(settings.Number("wifi.queue_packets")),
      queueDelayS(settings.Number("wifi.queue_delay_ms") * 1e-3),
      backhaulS(settings.Number("wifi.backhaul_delay_ms") * 1e-3),
      efficiency(calibration.Number("wifi_mac_efficiency")),
      ackAirtimeS(calibration.Number("wifi_ack_airtime_us") * 1e-6),
      contentionS(calibration.Number("wifi_contention_delay_ms") * 1e-3),
      ackDelayS(calibration.Number("wifi_ack_delay_ms") * 1e-3),
      frameOverheadS(calibration.Number("wifi_frame_overhead_us") * 1e-6)
{
    for (int mcs = 1; mcs < MCS_COUNT; ++mcs)
    {
        thresholdDb[mcs] = calibration.Number("wifi_mcs" + std::to_string(mcs) + "_snr_db");
    }
}

double
WifiPlan::ReceivedDbm(double distanceM) const
{
    return txPowerDbm - LOSS_AT_1M_DB - 10 * EXPONENT * std::log10(std::max(1.0, distanceM));
}

double
WifiPlan::SnrDb(double receivedDbm)
{
    const double noiseDbm = THERMAL_DBM_PER_HZ + 10 * std::log10(BANDWIDTH_HZ) + NOISE_FIGURE_DB;
    return receivedDbm - noiseDbm;
}

double
WifiPlan::RateMbps(double receivedDbm) const
{
    const auto above =
        std::upper_bound(thresholdDb.begin() + 1, thresholdDb.end(), SnrDb(receivedDbm));
    const auto mcs = above - thresholdDb.begin() - 1;
    return DATA_SUBCARRIERS * BITS_PER_SUBCARRIER[mcs] / SYMBOL_US;
}

double
WifiPlan::IdleDelayS(const WifiStation& station) const
{
    return backhaulS + ACCESS_S + FRAME_BITS / (station.rateMbps * 1e6);
}

void
Wifi::Begin(const WifiPlan& plan, const std::vector<Place>& users)
{
    m_cells.assign(plan.sites.size(), {});
    m_stations.assign(users.size(), {});
    m_bursts.Begin(plan.sites.size(), users.size());
    for (std::size_t user = 0; user < users.size(); ++user)
    {
        m_stations[user].cell = Nearest(users[user], plan.sites);
    }
    Move(plan, users);
}

void
Wifi::Move(const WifiPlan& plan, const std::vector<Place>& users)
{
    if (plan.sites.empty())
    {
        return;
    }
    for (std::size_t user = 0; user < users.size(); ++user)
    {
        auto& station = m_stations[user];
        const auto signal = [&](int cell) {
            return plan.ReceivedDbm(Distance(users[user], plan.sites[cell]));
        };
        double received = signal(station.cell);
        if (plan.follows)
        {
            const int strongest = Nearest(users[user], plan.sites);
            const double best = signal(strongest);
            if (best > received + plan.hysteresisDb)
            {
                station.cell = strongest;
                received = best;
            }
        }
        station.rateMbps = plan.RateMbps(received);
        station.inReach = received >= plan.minRssiDbm;
        station.deaf = plan.noticedSnrDb > 0 && WifiPlan::SnrDb(received) < plan.noticedSnrDb;
    }
}

void
Wifi::Tick(const WifiPlan& plan, std::vector<Load>& loads, double tickS)
{
    if (plan.frameOverheadS > 0)
    {
        m_bursts.Tick(plan, m_stations, loads, tickS);
    }
    else
    {
        Share(plan, loads, tickS);
    }
}

void
Wifi::Share(const WifiPlan& plan, std::vector<Load>& loads, double tickS)
{
    for (auto& cell : m_cells)
    {
        const double utilisation = cell.utilisation;
        cell = CellState();
        cell.utilisation = utilisation;
    }
    const auto workS = [&](std::size_t user) {
        const double rate = m_stations[user].UsableMbps();
        return loads[user].backlog * 8e-6 / (rate * plan.efficiency);
    };
    for (std::size_t user = 0; user < loads.size(); ++user)
    {
        const auto& load = loads[user];
        auto& cell = m_cells[m_stations[user].cell];
        cell.queued[load.prioritized] += load.backlog / load.packetBytes;
        cell.offered[load.prioritized] += load.offered / load.packetBytes;
        cell.ackShare += load.ackRate * plan.ackAirtimeS;
    }
    for (std::size_t user = 0; user < loads.size(); ++user)
    {
        auto& load = loads[user];
        auto& cell = m_cells[m_stations[user].cell];
        const double room = plan.queuePackets - cell.queued[load.prioritized];
        const double offered = cell.offered[load.prioritized];
        load.accepted =
            offered > room ? load.offered * std::max(room, 0.0) / offered : load.offered;
        load.backlog += load.accepted;
        cell.workS[load.prioritized] += workS(user);
    }
    for (auto& cell : m_cells)
    {
        const double availableS = tickS * (1 - std::min(cell.ackShare, MOST_ACK_SHARE));
        const double firstS = std::min(cell.workS[1], availableS);
        const double leftS = availableS - firstS;
        cell.servedShare[1] = cell.workS[1] > 0 ? firstS / cell.workS[1] : 1;
        cell.servedShare[0] = cell.workS[0] > leftS ? leftS / cell.workS[0] : 1;
        cell.waitS[1] = std::max(cell.workS[1] - availableS, 0.0);
        cell.waitS[0] = std::max(cell.workS[0] + cell.workS[1] - availableS, 0.0);
        cell.utilisation = std::min((cell.workS[0] + cell.workS[1]) / availableS, 1.0);
    }
    for (std::size_t user = 0; user < loads.size(); ++user)
    {
        auto& load = loads[user];
        const auto& station = m_stations[user];
        const auto& cell = m_cells[station.cell];
        load.served = load.backlog * cell.servedShare[load.prioritized];
        load.waitS = cell.waitS[load.prioritized];
        const double busy = cell.utilisation * cell.utilisation;
        load.delayS = plan.IdleDelayS(station) + plan.contentionS * busy;
    }
}

} // namespace fluid
