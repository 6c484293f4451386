// SPDX-License-Identifier: Apache-2.0
// The MAC of a small cell's downlink: a queue per user, frame aggregation, retransmission, backoff.
#pragma once
#include "bridge/random.h"
#include "cells/radio_plan.h"
#include "packets/fifo.h"

#include <cstdint>
#include <vector>

namespace fluid
{

/// What the cell sends next, and what becomes of it.
struct Exchange
{
    int user{-1};
    int mcs{0};
    int frames{0};
    std::int64_t beganNs{0};
    std::int64_t ppduNs{0};
    std::int64_t endsNs{0};  ///< of the acknowledgement, or of waiting for it
    std::int64_t extraNs{0}; ///< transmitted by the cell besides the PPDU
};

/// A packet that has arrived at a user.
struct Delivery
{
    std::uint32_t number;
    std::int64_t atNs;
};

/// Enhanced distributed channel access of one access category without contenders (IEEE 802.11-2020,
/// clause 10.23), A-MPDUs with immediate block acknowledgement (clauses 10.12 and 10.25). Of
/// several users, the one whose packet has waited longest is served. Rate control knows the signal
/// of the user's last acknowledged frame.
class CellQueue
{
  public:
    void Start(int users, Stream stream);

    void Enter(const RadioPlan& plan, int user, std::uint32_t number, std::int64_t nowNs);

    bool Empty() const
    {
        return m_waiting == 0;
    }

    /// When the cell may transmit at the earliest, if nothing else keeps the channel busy.
    std::int64_t AccessNs(std::int64_t nowNs);
    /// The channel is busy until then, and a backoff follows.
    void Busy(std::int64_t untilNs);

    /// Takes the next PPDU; its `user` is -1 where all packets have become too old. `snrDb` has the
    /// signal of every user.
    Exchange Begin(const RadioPlan& plan, const std::vector<double>& snrDb, std::int64_t nowNs);
    /// Appends what an exchange has brought until now, in order, to `arrived`.
    void Release(const Exchange& exchange, std::int64_t nowNs, std::vector<Delivery>& arrived);

    /// What the user's rate control knows after its station has associated.
    void Learn(int user, double snrDb)
    {
        m_knownDb[user] = snrDb;
    }

  private:
    struct Frame
    {
        std::uint32_t number;
        std::int64_t queuedNs;
        std::int64_t arrivedNs; ///< 0: not yet
        int place;              ///< in the present PPDU, from 1; 0: not part of it
        int tries;
    };

    int OldestUser() const;
    void DropOld(const RadioPlan& plan, std::int64_t nowNs);
    void Backoff(bool succeeded);

    std::vector<Fifo<Frame>> m_queues;
    std::vector<double> m_knownDb;
    std::vector<std::int64_t> m_releasedNs; ///< when the last packet was passed on, in order
    Stream m_stream;
    int m_waiting{0};
    int m_window{RadioPlan::LEAST_WINDOW};
    int m_backoff{0};         ///< slots
    std::int64_t m_freeNs{0}; ///< since when the channel is idle
};

} // namespace fluid
