// SPDX-License-Identifier: GPL-2.0-only
#include "radio/nr_cell.h"

#include <ns3/boolean.h>
#include <ns3/double.h>
#include <ns3/object-factory.h>
#include <ns3/packet.h>
#include <ns3/pointer.h>
#include <ns3/simulator.h>
#include <ns3/three-gpp-propagation-loss-model.h>

#include <algorithm>
#include <cmath>

namespace netgym
{

using namespace ns3;

namespace
{

const Time CHANNEL_UPDATE = MilliSeconds(10);
constexpr double NOISE_FIGURE_DB = 5;
constexpr double FAIRNESS_MEMORY = 0.99;  // per slot, about 100 slots
constexpr std::uint32_t HEADER_BYTES = 8; // PDCP, RLC and MAC

template <class T>
Ptr<T>
Model(const std::string& name)
{
    return ObjectFactory("ns3::ThreeGpp" + name).Create<T>();
}

} // namespace

NrCell::NrCell(const NrParameters& parameters, Ptr<MobilityModel> site)
    : m_parameters(parameters),
      m_phy(parameters.resourceBlocks),
      m_slot(NanoSeconds(static_cast<std::int64_t>(15e6 / parameters.subcarrierSpacingKhz))),
      m_site(site),
      m_condition(
          Model<ChannelConditionModel>(parameters.environment.condition + "ChannelConditionModel")),
      m_uniform(CreateObject<UniformRandomVariable>()),
      m_normal(CreateObject<NormalRandomVariable>())
{
    auto loss = Model<PropagationLossModel>(parameters.environment.loss + "PropagationLossModel");
    loss->SetAttribute("Frequency", DoubleValue(parameters.carrierHz));
    loss->SetAttribute("ShadowingEnabled", BooleanValue(true));
    loss->SetAttribute("ChannelConditionModel", PointerValue(m_condition));
    m_pathLoss = loss;
}

int
NrCell::AddUser(Ptr<MobilityModel> place, std::uint32_t context, Deliver deliver)
{
    User user;
    user.place = place;
    user.context = context;
    user.deliver = std::move(deliver);
    m_users.push_back(std::move(user));
    return static_cast<int>(m_users.size()) - 1;
}

void
NrCell::Start()
{
    UpdateChannel();
    for (auto& user : m_users)
    {
        user.reportedSinrDb = user.sinrDb;
    }
}

void
NrCell::UpdateChannel()
{
    const double bandwidthHz =
        m_parameters.resourceBlocks * 12e3 * m_parameters.subcarrierSpacingKhz;
    const double noiseDbm = -174 + 10 * std::log10(bandwidthHz) + NOISE_FIGURE_DB;
    const double keep =
        std::exp(-CHANNEL_UPDATE.GetSeconds() * 1e3 / m_parameters.fadingCoherenceMs);
    for (auto& user : m_users)
    {
        user.reportedSinrDb = user.sinrDb; // the scheduler knows the channel of one update ago
        user.fadingDb = keep * user.fadingDb + std::sqrt(1 - keep * keep) *
                                                   m_parameters.fadingSigmaDb *
                                                   m_normal->GetValue();
        user.sinrDb = m_pathLoss->CalcRxPower(m_parameters.txPowerDbm, m_site, user.place) -
                      noiseDbm + user.fadingDb;
    }
    Simulator::Schedule(CHANNEL_UPDATE, &NrCell::UpdateChannel, this);
}

int
NrCell::Mcs(const User& user) const
{
    return NrPhy::McsFor(user.reportedSinrDb + user.outerLoopDb);
}

double
NrCell::MaxRateMbps(int user) const
{
    return m_phy.TransportBlockBytes(Mcs(m_users[user]), m_parameters.resourceBlocks) * 8e-6 /
           m_slot.GetSeconds();
}

bool
NrCell::Enqueue(int index, Ptr<Packet> packet)
{
    User& user = m_users[index];
    const std::uint32_t bytes = packet->GetSize() + HEADER_BYTES;
    if (user.queuedBytes + bytes > m_parameters.queueBytes)
    {
        return false;
    }
    user.queue.push_back({packet, bytes, false});
    user.queuedBytes += bytes;
    WakeScheduler();
    return true;
}

std::int64_t
NrCell::SlotNumber() const
{
    return Simulator::Now().GetNanoSeconds() / m_slot.GetNanoSeconds();
}

void
NrCell::WakeScheduler()
{
    if (!m_next.IsPending())
    {
        const Time start = NanoSeconds((SlotNumber() + 1) * m_slot.GetNanoSeconds());
        m_next = Simulator::Schedule(start - Simulator::Now(), &NrCell::ScheduleSlot, this);
    }
}

void
NrCell::ScheduleSlot()
{
    SendNew(SendRetransmissions(SlotNumber(), m_parameters.resourceBlocks));
    const bool busy = std::any_of(m_users.begin(), m_users.end(), [](const User& user) {
        return !user.queue.empty() || !user.retransmissions.empty();
    });
    if (busy)
    {
        m_next = Simulator::Schedule(m_slot, &NrCell::ScheduleSlot, this);
    }
}

int
NrCell::SendRetransmissions(std::int64_t slot, int free)
{
    for (std::size_t i = 0; i < m_users.size(); ++i)
    {
        auto& pending = m_users[i].retransmissions;
        while (!pending.empty() && pending.front().first <= slot &&
               pending.front().second->resourceBlocks <= free)
        {
            const BlockPtr block = pending.front().second;
            pending.pop_front();
            free -= block->resourceBlocks;
            Transmit(static_cast<int>(i), block);
        }
    }
    return free;
}

// Proportional fair on a frequency-flat channel: the best metric takes what its backlog needs, then
// the next.
void
NrCell::SendNew(int free)
{
    std::vector<std::pair<double, int>> order;
    for (std::size_t i = 0; i < m_users.size(); ++i)
    {
        const User& user = m_users[i];
        if (!user.queue.empty())
        {
            const double rate = m_phy.TransportBlockBytes(Mcs(user), m_parameters.resourceBlocks);
            order.emplace_back(-rate / user.averageBytes, static_cast<int>(i));
        }
    }
    std::sort(order.begin(), order.end());
    std::vector<std::uint32_t> served(m_users.size(), 0);
    for (const auto& [metric, index] : order)
    {
        if (free <= 0)
        {
            break;
        }
        User& user = m_users[index];
        const int blocks = m_phy.ResourceBlocksFor(Mcs(user), user.queuedBytes, free);
        Transmit(index, Fill(user, blocks, served[index]));
        free -= blocks;
    }
    for (std::size_t i = 0; i < m_users.size(); ++i)
    {
        double& average = m_users[i].averageBytes;
        average = std::max(1.0, FAIRNESS_MEMORY * average + (1 - FAIRNESS_MEMORY) * served[i]);
    }
}

NrCell::BlockPtr
NrCell::Fill(User& user, int resourceBlocks, std::uint32_t& bytes)
{
    auto block = std::make_shared<Block>();
    block->number = user.nextBlock++;
    block->mcs = Mcs(user);
    block->resourceBlocks = resourceBlocks;
    block->startsInsidePacket = user.queue.front().partlySent;
    std::uint32_t room = m_phy.TransportBlockBytes(block->mcs, resourceBlocks);
    while (room > 0 && !user.queue.empty())
    {
        QueuedPacket& head = user.queue.front();
        const std::uint32_t taken = std::min(room, head.bytesLeft);
        head.bytesLeft -= taken;
        head.partlySent = true;
        room -= taken;
        bytes += taken;
        user.queuedBytes -= taken;
        if (head.bytesLeft == 0)
        {
            block->finished.push_back(head.packet);
            user.queue.pop_front();
        }
    }
    return block;
}

} // namespace netgym
