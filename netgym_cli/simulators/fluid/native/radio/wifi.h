// SPDX-License-Identifier: Apache-2.0
// Wi-Fi: IEEE 802.11ax at 5 GHz, 20 MHz, one spatial stream; every access point has a channel of
// its own.
#pragma once
#include "bridge/settings.h"
#include "radio/load.h"
#include "radio/wifi_bursts.h"

#include <array>
#include <vector>

namespace fluid
{

/// A user at its access point.
struct WifiStation
{
    /// PHY rate, Mbit/s, with next to nothing for a user who went out of reach.
    double UsableMbps() const
    {
        return rateMbps * (inReach ? 1 : OUT_OF_REACH);
    }

    static constexpr double OUT_OF_REACH = 0.01;

    int cell{0};
    double rateMbps{0};
    bool inReach{true};
    bool deaf{false}; ///< notices no frame
};

struct WifiPlan
{
    WifiPlan(const Settings& settings, const Settings& calibration);

    /// Received power at a distance, dBm: log-distance path loss.
    double ReceivedDbm(double distanceM) const;
    /// PHY rate, Mbit/s, that rate control chooses at a received power.
    double RateMbps(double receivedDbm) const;
    static double SnrDb(double receivedDbm);
    /// Delay of a packet that finds everything idle, s.
    double IdleDelayS(const WifiStation& station) const;

    static constexpr int MCS_COUNT = 12;

    std::vector<Place> sites;
    double txPowerDbm;
    double minRssiDbm;
    double noticedSnrDb; ///< signal-to-noise ratio below which a station is deaf; 0: none is
    bool follows;        ///< whether users follow the strongest signal
    double hysteresisDb;
    double queuePackets;
    double queueDelayS; ///< longest stay in the queue
    double backhaulS;
    double efficiency;     ///< share of the PHY rate that IP packets get in aggregated frames
    double ackAirtimeS;    ///< airtime of a TCP acknowledgement that goes up
    double contentionS;    ///< delay that a saturated cell adds by aggregation and contention
    double ackDelayS;      ///< of an acknowledgement on its way up
    double frameOverheadS; ///< airtime of a frame besides its bits; 0: stations share the airtime
    std::array<double, MCS_COUNT>
        thresholdDb{}; ///< signal-to-noise ratio from which an MCS is chosen
};

/// The Wi-Fi cells of one network.
class Wifi
{
  public:
    void Begin(const WifiPlan& plan, const std::vector<Place>& users);
    /// Users have moved: signals, and with them access points and rates, change.
    void Move(const WifiPlan& plan, const std::vector<Place>& users);
    /// Marked packets (AC_VI) come first. Airtime is shared in proportion to the queues, or goes to
    /// one station after the other.
    void Tick(const WifiPlan& plan, std::vector<Load>& loads, double tickS);

    /// 0 for a user out of reach.
    double MaxRateMbps(int user) const
    {
        return m_stations[user].inReach ? m_stations[user].rateMbps : 0;
    }

    /// Index of the access point; -1 out of reach.
    int Cell(int user) const
    {
        return m_stations[user].inReach ? m_stations[user].cell : -1;
    }

  private:
    struct CellState
    {
        double queued[2]{};  ///< packets of either class before the tick
        double offered[2]{}; ///< packets
        double workS[2]{};   ///< airtime that the queues need
        double ackShare{0};  ///< of the airtime, for acknowledgements
        double servedShare[2]{};
        double waitS[2]{}; ///< until the queue that is there now has gone
        double utilisation{0};
    };

    void Share(const WifiPlan& plan, std::vector<Load>& loads, double tickS);

    std::vector<WifiStation> m_stations;
    std::vector<CellState> m_cells;
    WifiBursts m_bursts;
};

} // namespace fluid
