// SPDX-License-Identifier: Apache-2.0
#include "cells/cell_queue.h"

#include <algorithm>

namespace fluid
{

namespace
{

constexpr double LEAST_LOSS = 1e-9; // is none, and draws no number
constexpr double UNKNOWN_DB = 0;    // the slowest scheme
// Waiting for an acknowledgement in vain: SIFS, a slot and the start of a preamble
// (clause 10.3.2.11).
constexpr std::int64_t ACK_TIMEOUT_NS = RadioPlan::SIFS_NS + RadioPlan::SLOT_NS + 20000;
constexpr std::int64_t REQUEST_NS = 56000; // block acknowledgement request, 24 bytes at 6 Mbit/s

} // namespace

void
CellQueue::Start(int users, Stream stream)
{
    m_queues.resize(static_cast<std::size_t>(users));
    for (auto& queue : m_queues)
    {
        queue.Clear();
    }
    m_knownDb.assign(m_queues.size(), UNKNOWN_DB);
    m_releasedNs.assign(m_queues.size(), 0);
    m_stream = stream;
    m_waiting = m_backoff = 0;
    m_window = RadioPlan::LEAST_WINDOW;
    m_freeNs = 0;
}

void
CellQueue::Enter(const RadioPlan& plan, int user, std::uint32_t number, std::int64_t nowNs)
{
    if (m_waiting < plan.queuePackets)
    {
        m_queues[user].Push({number, nowNs, 0, 0, 0});
        m_waiting++;
    }
}

/// An idle channel is accessed at the boundary of a slot.
std::int64_t
CellQueue::AccessNs(std::int64_t nowNs)
{
    const std::int64_t dueNs = m_freeNs + RadioPlan::AIFS_NS + m_backoff * RadioPlan::SLOT_NS;
    const auto partNs = static_cast<std::int64_t>(m_stream.Uniform() * RadioPlan::SLOT_NS);
    return dueNs >= nowNs ? dueNs : nowNs + partNs;
}

void
CellQueue::Busy(std::int64_t untilNs)
{
    m_freeNs = std::max(m_freeNs, untilNs);
}

int
CellQueue::OldestUser() const
{
    int oldest = -1;
    for (std::size_t user = 0; user < m_queues.size(); ++user)
    {
        if (!m_queues[user].Empty() &&
            (oldest < 0 || m_queues[user].Front().queuedNs < m_queues[oldest].Front().queuedNs))
        {
            oldest = static_cast<int>(user);
        }
    }
    return oldest;
}

void
CellQueue::DropOld(const RadioPlan& plan, std::int64_t nowNs)
{
    for (auto& queue : m_queues)
    {
        while (!queue.Empty() && nowNs - queue.Front().queuedNs > plan.queueNs)
        {
            queue.Pop();
            m_waiting--;
        }
    }
}

void
CellQueue::Backoff(bool succeeded)
{
    m_window =
        succeeded ? RadioPlan::LEAST_WINDOW : std::min(2 * m_window + 1, RadioPlan::LARGEST_WINDOW);
    m_backoff = static_cast<int>(m_stream.WholeNumber(0, m_window));
}

Exchange
CellQueue::Begin(const RadioPlan& plan, const std::vector<double>& snrDb, std::int64_t nowNs)
{
    DropOld(plan, nowNs);
    Exchange exchange;
    exchange.user = OldestUser();
    if (exchange.user < 0)
    {
        return exchange;
    }
    auto& queue = m_queues[exchange.user];
    const double snr = snrDb[exchange.user];
    exchange.mcs = plan.Mcs(m_knownDb[exchange.user]);
    exchange.beganNs = nowNs;
    std::size_t reach = std::min<std::size_t>(queue.Size(), RadioPlan::MOST_FRAMES);
    for (std::size_t k = 0; k < reach && exchange.frames < plan.FramesPerPpdu(exchange.mcs); ++k)
    {
        queue[k].place = queue[k].arrivedNs == 0 ? ++exchange.frames : 0;
        if (exchange.frames == plan.FramesPerPpdu(exchange.mcs))
        {
            reach = k + 1;
        }
    }
    exchange.ppduNs = plan.PpduNs(exchange.mcs, exchange.frames);
    const bool noticed = plan.Noticed(snr);
    const double frameNs = static_cast<double>(exchange.ppduNs - HE_PREAMBLE_NS) / exchange.frames;
    const double loss = noticed ? plan.LossAt(exchange.mcs, snr) : 1;
    int arrived = 0;
    for (std::size_t k = 0; k < reach; ++k)
    {
        Frame& frame = queue[k];
        if (frame.place > 0)
        {
            frame.tries++;
            if (loss < LEAST_LOSS || m_stream.Uniform() >= loss)
            {
                frame.arrivedNs =
                    nowNs + HE_PREAMBLE_NS + static_cast<std::int64_t>(frame.place * frameNs);
                arrived++;
            }
        }
    }
    const bool block = exchange.frames > 1;
    exchange.endsNs = nowNs + exchange.ppduNs;
    if (arrived > 0)
    {
        exchange.endsNs += RadioPlan::SIFS_NS + plan.AckNs(exchange.mcs, block);
        m_knownDb[exchange.user] = snr;
    }
    else
    {
        exchange.endsNs += ACK_TIMEOUT_NS;
        if (block && noticed) // a request brings the acknowledgement that nothing has come
        {
            exchange.extraNs = REQUEST_NS;
            exchange.endsNs += REQUEST_NS + RadioPlan::SIFS_NS + plan.AckNs(0, true);
            m_knownDb[exchange.user] = snr;
        }
        else if (block) // no request is answered, and the aggregate is given up
        {
            exchange.extraNs = RadioPlan::MOST_TRIES * REQUEST_NS;
            exchange.endsNs += RadioPlan::MOST_TRIES * (REQUEST_NS + ACK_TIMEOUT_NS);
            for (std::size_t k = 0; k < reach; ++k)
            {
                queue[k].tries += queue[k].place > 0 ? RadioPlan::MOST_TRIES : 0;
            }
        }
    }
    Backoff(arrived > 0);
    Busy(exchange.endsNs);
    return exchange;
}

/// Packets are passed on in order: those behind a lost one wait for it, or for its being given up.
void
CellQueue::Release(const Exchange& exchange, std::int64_t nowNs, std::vector<Delivery>& arrived)
{
    auto& queue = m_queues[exchange.user];
    std::int64_t& releasedNs = m_releasedNs[exchange.user];
    for (; !queue.Empty(); m_waiting--)
    {
        const Frame frame = queue.Front();
        const bool here = frame.arrivedNs > 0 && frame.arrivedNs <= nowNs;
        const bool givenUp = frame.arrivedNs == 0 && frame.tries >= RadioPlan::MOST_TRIES &&
                             exchange.endsNs <= nowNs;
        if (here)
        {
            releasedNs = std::max(releasedNs, frame.arrivedNs);
            arrived.push_back({frame.number, releasedNs});
        }
        else if (givenUp)
        {
            releasedNs = std::max(releasedNs, exchange.endsNs);
            m_knownDb[exchange.user] = UNKNOWN_DB;
        }
        else
        {
            return;
        }
        queue.Pop();
    }
}

} // namespace fluid
