// SPDX-License-Identifier: Apache-2.0
#include "radio/wifi_bursts.h"

#include "radio/wifi.h"

#include <algorithm>
#include <cmath>

namespace fluid
{

namespace
{

// Of a packet on the air: the tunnel's, UDP's, IP's, LLC's and MAC's headers, check sum, delimiter.
constexpr double HEADER_BYTES = 90;
// IEEE Std 802.11ax-2021: aPPDUMaxTime and, as long as no more is negotiated, the longest A-MPDU.
constexpr double LONGEST_FRAME_S = 5.484e-3;
constexpr double MOST_FRAME_BYTES = 65535;
constexpr double PREAMBLE_S = 60e-6;
constexpr double MOST_ACK_SHARE = 0.5;
constexpr double LITTLE_BYTES = 1; // less than that is no queue

double
AirtimeS(const WifiPlan& plan, const WifiStation& station, const Load& load, double bytes)
{
    const double onAir = bytes * (1 + HEADER_BYTES / load.packetBytes);
    return plan.frameOverheadS + onAir * 8e-6 / station.UsableMbps();
}

/// Whole packets, one at least.
double
MostBytes(const WifiStation& station, const Load& load)
{
    const double inTime = (LONGEST_FRAME_S - PREAMBLE_S) * station.UsableMbps() * 1e6 / 8;
    const double onAir = std::min(inTime, MOST_FRAME_BYTES);
    const double packets = std::floor(onAir / (load.packetBytes + HEADER_BYTES));
    return std::max(packets, 1.0) * load.packetBytes;
}

} // namespace

void
WifiBursts::Begin(std::size_t cells, std::size_t users)
{
    m_tick = 0;
    m_cells.assign(cells, {});
    m_stations.assign(users, {});
}

void
WifiBursts::Tick(const WifiPlan& plan,
                 const std::vector<WifiStation>& stations,
                 std::vector<Load>& loads,
                 double tickS)
{
    m_tick++;
    Accept(plan, stations, loads, tickS);
    for (int cell = 0; cell < static_cast<int>(m_cells.size()); ++cell)
    {
        Serve(plan, stations, loads, cell, tickS);
    }
    for (std::size_t user = 0; user < loads.size(); ++user)
    {
        auto& load = loads[user];
        const auto& cell = m_cells[stations[user].cell];
        load.waitS = std::max((load.prioritized ? cell.markedS : cell.workS) - tickS, 0.0);
        load.delayS = plan.IdleDelayS(stations[user]) + plan.contentionS * cell.busy * cell.busy;
    }
}

/// Throws away what has waited for too long.
void
WifiBursts::Expire(const WifiPlan& plan, Load& load, Station& station, double tickS) const
{
    for (const int marked : {0, 1})
    {
        auto& lots = station.lots[marked];
        while (!lots.Empty() && (m_tick - lots.Front().tick) * tickS > plan.queueDelayS)
        {
            const double bytes = lots.Pop().bytes;
            const double late = marked ? 0 : std::min(station.overtaken, bytes);
            station.overtaken -= late;
            station.bytes[marked] = lots.Empty() ? 0 : station.bytes[marked] - bytes;
            load.overtaken += bytes - late;
        }
    }
}

void
WifiBursts::Accept(const WifiPlan& plan,
                   const std::vector<WifiStation>& stations,
                   std::vector<Load>& loads,
                   double tickS)
{
    for (auto& cell : m_cells)
    {
        const double owedS = cell.owedS;
        cell = Cell();
        cell.owedS = owedS;
    }
    for (std::size_t user = 0; user < loads.size(); ++user)
    {
        auto& load = loads[user];
        auto& station = m_stations[user];
        auto& cell = m_cells[stations[user].cell];
        load.served = load.overtaken = load.lateBytes = load.lateByteS = 0;
        Expire(plan, load, station, tickS);
        if (load.prioritized && !station.marked)
        {
            load.overtaken += station.bytes[0] - station.overtaken;
            station.overtaken = station.bytes[0];
        }
        load.backlog -= load.overtaken;
        station.marked = load.prioritized;
        for (const int marked : {0, 1})
        {
            cell.queued[marked] += station.bytes[marked] / load.packetBytes;
        }
        cell.offered[load.prioritized] += load.offered / load.packetBytes;
        cell.ackShare += load.ackRate * plan.ackAirtimeS;
    }
    for (std::size_t user = 0; user < loads.size(); ++user)
    {
        auto& load = loads[user];
        auto& station = m_stations[user];
        auto& cell = m_cells[stations[user].cell];
        const double room = std::max(plan.queuePackets - cell.queued[load.prioritized], 0.0);
        const double offered = cell.offered[load.prioritized];
        load.accepted = offered > room ? load.offered * room / offered : load.offered;
        if (load.accepted > 0)
        {
            load.backlog += load.accepted;
            station.bytes[load.prioritized] += load.accepted;
            station.lots[load.prioritized].Push({load.accepted, m_tick});
        }
        for (const int marked : {0, 1})
        {
            const double bytes = station.bytes[marked];
            const double frames = std::ceil(bytes / MostBytes(stations[user], load));
            const double workS = frames > 0 ? AirtimeS(plan, stations[user], load, bytes) +
                                                  (frames - 1) * plan.frameOverheadS
                                            : 0;
            cell.workS += workS;
            cell.markedS += marked ? workS : 0;
        }
    }
}

void
WifiBursts::Serve(const WifiPlan& plan,
                  const std::vector<WifiStation>& stations,
                  std::vector<Load>& loads,
                  int number,
                  double tickS)
{
    auto& cell = m_cells[number];
    const double availableS = tickS * (1 - std::min(cell.ackShare, MOST_ACK_SHARE));
    double leftS = availableS - cell.owedS;
    while (leftS > 0)
    {
        int marked = 1;
        int user = Next(stations, number, marked);
        if (user < 0)
        {
            marked = 0;
            user = Next(stations, number, marked);
        }
        if (user < 0)
        {
            break;
        }
        if (stations[user].deaf)
        {
            leftS = 0;
            break;
        }
        auto& load = loads[user];
        auto& station = m_stations[user];
        const double bytes = std::min(station.bytes[marked], MostBytes(stations[user], load));
        leftS -= AirtimeS(plan, stations[user], load, bytes);
        Take(load, station, marked, bytes, tickS);
    }
    cell.busy = 1 - std::max(leftS, 0.0) / availableS;
    cell.owedS = std::max(-leftS, 0.0);
}

/// The station whose oldest packet has waited longest; of those alike, that which was served least
/// recently. -1: none has any.
int
WifiBursts::Next(const std::vector<WifiStation>& stations, int cell, int marked) const
{
    int best = -1;
    for (int user = 0; user < static_cast<int>(m_stations.size()); ++user)
    {
        const auto& station = m_stations[user];
        if (stations[user].cell != cell || station.bytes[marked] < LITTLE_BYTES)
        {
            continue;
        }
        const long tick = station.lots[marked].Front().tick;
        if (best < 0 || tick < m_stations[best].lots[marked].Front().tick ||
            (tick == m_stations[best].lots[marked].Front().tick &&
             station.servedTick < m_stations[best].servedTick))
        {
            best = user;
        }
    }
    return best;
}

void
WifiBursts::Take(Load& load, Station& station, int marked, double bytes, double tickS)
{
    auto& lots = station.lots[marked];
    station.bytes[marked] -= bytes;
    station.servedTick = m_tick;
    if (station.bytes[marked] < LITTLE_BYTES)
    {
        bytes += station.bytes[marked];
        station.bytes[marked] = 0;
    }
    while (bytes > 0 && !lots.Empty())
    {
        auto& lot = lots[0];
        const double taken = std::min(lot.bytes, bytes);
        const double late = marked ? 0 : std::min(station.overtaken, taken);
        station.overtaken -= late;
        load.lateBytes += late;
        load.lateByteS += late * static_cast<double>(m_tick - lot.tick) * tickS;
        load.served += taken - late;
        bytes -= taken;
        lot.bytes -= taken;
        if (lot.bytes <= 0)
        {
            lots.Pop();
        }
    }
    if (station.bytes[marked] == 0)
    {
        lots.Clear();
        station.overtaken = marked ? station.overtaken : 0;
    }
}

} // namespace fluid
