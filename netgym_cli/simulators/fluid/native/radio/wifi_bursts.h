// SPDX-License-Identifier: Apache-2.0
// Access points that send to one station at a time, as many of its packets as a frame holds.
#pragma once
#include "packets/fifo.h"
#include "radio/load.h"

#include <cstddef>
#include <vector>

namespace fluid
{

struct WifiPlan;
struct WifiStation;

/// Aggregated frames (A-MPDU) of IEEE Std 802.11-2020, 10.12: whoever has waited longest is served
/// next, with all that it has queued or the longest frame. So a station whose traffic is light is
/// served rarely, and then all at once. Packets that were marked later overtake those before. A
/// station that is deaf blocks all others until its packets are too old.
class WifiBursts
{
  public:
    void Begin(std::size_t cells, std::size_t users);
    void Tick(const WifiPlan& plan,
              const std::vector<WifiStation>& stations,
              std::vector<Load>& loads,
              double tickS);

  private:
    /// What a station sent in one tick and the access point has accepted.
    struct Lot
    {
        double bytes;
        long tick;
    };

    struct Station
    {
        Fifo<Lot> lots[2]; ///< unmarked and marked (AC_BE, AC_VI)
        double bytes[2]{};
        double overtaken{0}; ///< of the unmarked ones, by marked ones
        long servedTick{0};
        bool marked{false};
    };

    struct Cell
    {
        double queued[2]{};  ///< packets before the tick
        double offered[2]{}; ///< packets
        double ackShare{0};  ///< of the airtime, for acknowledgements that go up
        double workS{0};     ///< airtime that all that is queued needs
        double markedS{0};   ///< and what is marked
        double owedS{0};     ///< how far the last frame reaches into the next tick
        double busy{0};      ///< share of the tick that was used
    };

    void Expire(const WifiPlan& plan, Load& load, Station& station, double tickS) const;
    void Accept(const WifiPlan& plan,
                const std::vector<WifiStation>& stations,
                std::vector<Load>& loads,
                double tickS);
    void Serve(const WifiPlan& plan,
               const std::vector<WifiStation>& stations,
               std::vector<Load>& loads,
               int cell,
               double tickS);
    int Next(const std::vector<WifiStation>& stations, int cell, int marked) const;
    void Take(Load& load, Station& station, int marked, double bytes, double tickS);

    std::vector<Station> m_stations;
    std::vector<Cell> m_cells;
    long m_tick{0};
};

} // namespace fluid
