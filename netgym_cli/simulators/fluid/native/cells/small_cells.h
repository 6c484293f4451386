// SPDX-License-Identifier: Apache-2.0
// Wi-Fi cells that sleep, wake and change their power, and the users who walk between them.
#pragma once
#include "cells/cell_power.h"
#include "cells/cell_queue.h"
#include "cells/radio_plan.h"
#include "cells/swinging_flow.h"
#include "packets/event_queue.h"
#include "radio/walk.h"

#include <cstdint>
#include <vector>

namespace fluid
{

/// What is the same in all networks of a batch.
struct CellsPlan
{
    CellsPlan(const Settings& settings, const Settings& calibration);

    RadioPlan radio;
    PowerModel power;
    FlowPlan flow;
    WalkPlan walk;
    int users;
    double phaseSpread;
    std::int64_t trafficNs;    ///< when traffic begins
    std::int64_t sleepAfterNs; ///< from the order until the radio sleeps
    std::int64_t wakeUpNs;     ///< from the order until it works again
};

class SmallCells
{
  public:
    static constexpr double OUT_OF_REACH_DB = -1e3;
    static constexpr double NO_POWER_DBM = -100;

    void Start(const CellsPlan& plan, std::uint64_t seed);
    void RunUntil(const CellsPlan& plan, std::int64_t endNs);
    void BeginInterval();
    void EndInterval(const CellsPlan& plan);

    /// Asks for a level: 0 is sleep, level k transmits with the k-th power. To sleep, a cell sends
    /// its users away at once and switches its radio off a little later, when its queues are empty.
    /// To wake, it draws full supply power at once and has its radio back later. A new order
    /// replaces one under way.
    void Order(const CellsPlan& plan, int cell, int level);

    int Ordered(int cell) const
    {
        return m_cells[cell].ordered;
    }

    /// 0 while the radio is off, waking included.
    int Level(int cell) const
    {
        return m_cells[cell].radioOn ? m_cells[cell].level : 0;
    }

    double PowerDbm(const CellsPlan& plan, int cell) const
    {
        return Level(cell) > 0 ? plan.radio.levelsDbm[Level(cell) - 1] : NO_POWER_DBM;
    }

    const CellPower& Power(int cell) const
    {
        return m_cells[cell].power;
    }

    const SwingingFlow& Flow(int user) const
    {
        return m_users[user].flow;
    }

    const Place& At(int user) const
    {
        return m_users[user].walker.At();
    }

    int ServingCell(int user) const
    {
        return m_users[user].serving;
    }

    bool InReach(int user) const
    {
        return SignalDb(user, m_users[user].serving) > OUT_OF_REACH_DB;
    }

    /// Signal-to-noise ratio of the last beacon; OUT_OF_REACH_DB without association or a recent
    /// beacon.
    double SignalDb(int user, int cell) const;
    /// Of the strongest cell but `without`.
    double BestSignalDb(int user, int without) const;

    std::int64_t NowNs() const
    {
        return m_events.NowNs();
    }

    std::uint64_t Events() const
    {
        return m_events.Happened();
    }

  private:
    enum class What : std::uint8_t
    {
        MOVE,
        COMPARE,
        BURST,
        FIRST_PACKET,
        MORE_PACKETS,
        BEACON,
        BEACON_HEARD,
        ACCESS,
        END,
        SLEEP,
        WAKE,
    };

    struct Happening
    {
        What what;
        std::uint8_t cell;
        std::uint8_t user;
        std::uint32_t tag; ///< which plan it belongs to, or the number of a packet
    };

    struct Beacon
    {
        double snrDb{0};
        std::int64_t heardNs{-1};
        std::int64_t associatedNs{-1}; ///< -1: not yet
    };

    struct Cell
    {
        CellPower power;
        CellQueue queue;
        Exchange exchange;
        bool busy{false};    ///< an exchange is under way
        bool waiting{false}; ///< access has been planned
        int ordered{0};
        int level{0};
        bool radioOn{true};
        bool open{true}; ///< whether users may choose it
        bool beaconing{true};
        std::uint32_t orderPlan{0};
        std::uint32_t beaconPlan{0};
        std::vector<double>
            lossDb; ///< path loss to every user, as a signal-to-noise ratio at 0 dBm
    };

    struct User
    {
        Walker walker;
        SwingingFlow flow;
        int serving{0};
        std::vector<Beacon> beacons; ///< of every cell
    };

    void Plan(std::int64_t atNs, What what, int cell, int user = 0, std::uint32_t tag = 0)
    {
        m_events.Plan(
            atNs,
            {what, static_cast<std::uint8_t>(cell), static_cast<std::uint8_t>(user), tag});
    }

    void Happened(const CellsPlan& plan, const Happening& event);
    void MoveUsers(const CellsPlan& plan);
    void ChooseCells(const CellsPlan& plan);
    void SendBurst(const CellsPlan& plan, int user);
    void EnterQueue(const CellsPlan& plan, int cell, int user, std::uint32_t first, int packets);
    void AskForAccess(int cell);
    void BeginExchange(const CellsPlan& plan, int cell);
    void EndExchange(const CellsPlan& plan, int cell);
    void Deliver(const CellsPlan& plan, Cell& cell);
    void SendBeacon(const CellsPlan& plan, int cell);
    void HearBeacon(const CellsPlan& plan, int cell);
    void StartBeacons(int cell, std::int64_t atNs);
    void Transmit(const CellsPlan& plan, int cell, int level);
    void FallAsleep(const CellsPlan& plan, int cell);
    void WakeUp(const CellsPlan& plan, int cell);
    void SetOpen(const CellsPlan& plan, int cell, bool open);

    EventQueue<Happening> m_events;
    std::vector<Cell> m_cells;
    std::vector<User> m_users;
    std::vector<double> m_snrDb;        ///< of one cell's users; scratch
    std::vector<Delivery> m_deliveries; ///< scratch
    std::int64_t m_movedNs{0};
};

} // namespace fluid
