// SPDX-License-Identifier: GPL-2.0-only
// The receiving side of an NR cell: decoding, HARQ retransmissions, link adaptation, delivery in
// order.
#include "radio/nr_cell.h"

#include <ns3/packet.h>
#include <ns3/simulator.h>

#include <algorithm>
#include <cmath>

namespace netgym
{

using namespace ns3;

namespace
{

const Time DECODING = MicroSeconds(100);
constexpr int PROCESSING_SLOTS = 2; // from the end of the slot to the network layer
constexpr int HARQ_ROUND_TRIP_SLOTS = 8;
constexpr int MAX_TRANSMISSIONS = 4;
constexpr double OUTER_LOOP_STEP_DB = 0.5;
constexpr double OUTER_LOOP_LIMIT_DB = 10;

} // namespace

void
NrCell::Transmit(int index, const BlockPtr& block)
{
    block->transmissions++;
    block->combinedSinr += std::pow(10, m_users[index].sinrDb / 10);
    const double sinrDb = 10 * std::log10(block->combinedSinr);
    const bool ok = m_uniform->GetValue() >= NrPhy::BlockErrorRate(block->mcs, sinrDb);
    Simulator::Schedule(m_slot * (1 + PROCESSING_SLOTS) + DECODING,
                        &NrCell::Decode,
                        this,
                        index,
                        block,
                        ok);
}

void
NrCell::Decode(int index, BlockPtr block, bool ok)
{
    User& user = m_users[index];
    if (block->transmissions == 1)
    {
        Adapt(user, ok);
    }
    if (!ok && block->transmissions < MAX_TRANSMISSIONS)
    {
        const std::int64_t from = SlotNumber() + HARQ_ROUND_TRIP_SLOTS - 1 - PROCESSING_SLOTS;
        user.retransmissions.emplace_back(from, block);
        WakeScheduler();
        return;
    }
    block->lost = !ok;
    user.completed[block->number] = block;
    DeliverInOrder(user);
}

// Outer-loop link adaptation: steps balanced so that first transmissions fail at the target rate.
void
NrCell::Adapt(User& user, bool ok)
{
    const double target = m_parameters.targetBler;
    const double step = ok ? OUTER_LOOP_STEP_DB * target / (1 - target) : -OUTER_LOOP_STEP_DB;
    user.outerLoopDb =
        std::clamp(user.outerLoopDb + step, -OUTER_LOOP_LIMIT_DB, OUTER_LOOP_LIMIT_DB);
}

void
NrCell::DeliverInOrder(User& user)
{
    for (auto next = user.completed.begin();
         next != user.completed.end() && next->first == user.nextDelivery;
         next = user.completed.erase(next), ++user.nextDelivery)
    {
        const Block& block = *next->second;
        for (std::size_t i = 0; i < block.finished.size(); ++i)
        {
            const bool incomplete =
                block.lost || (i == 0 && block.startsInsidePacket && user.headLost);
            if (!incomplete)
            {
                auto deliver = user.deliver;
                auto packet = block.finished[i];
                Simulator::ScheduleWithContext(user.context, Time(0), [deliver, packet]() {
                    deliver(packet);
                });
            }
        }
        if (!block.finished.empty() || block.lost)
        {
            user.headLost = block.lost;
        }
    }
}

} // namespace netgym
