// SPDX-License-Identifier: GPL-2.0-only
// An abstract NR cell: 3GPP TR 38.901 path loss and shadowing, aged channel reports with outer-loop
// link adaptation, proportional fair scheduling per slot, HARQ with chase combining, in-order
// delivery. Not a packet-level PHY.
#pragma once
#include "radio/nr_phy.h"

#include <ns3/channel-condition-model.h>
#include <ns3/event-id.h>
#include <ns3/ipv4-address.h>
#include <ns3/mobility-model.h>
#include <ns3/packet.h>
#include <ns3/propagation-loss-model.h>
#include <ns3/random-variable-stream.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace netgym
{

/// The ns-3 models of TR 38.901 for the path loss, by the middle of their names:
/// ThreeGpp...PropagationLossModel and ThreeGpp...ChannelConditionModel.
struct NrEnvironment
{
    std::string loss{"Uma"};
    std::string condition{"Uma"};
};

struct NrParameters
{
    int resourceBlocks;
    double subcarrierSpacingKhz;
    double carrierHz;
    double txPowerDbm;
    double fadingSigmaDb;
    double fadingCoherenceMs;
    double targetBler;
    std::uint32_t queueBytes;
    NrEnvironment environment;
};

class NrCell
{
  public:
    using Deliver = std::function<void(ns3::Ptr<ns3::Packet>)>;

    NrCell(const NrParameters& parameters, ns3::Ptr<ns3::MobilityModel> site);

    /// Adds a user and returns its index; `deliver` is called with its packets in the context of
    /// its node, `context`.
    int AddUser(ns3::Ptr<ns3::MobilityModel> place, std::uint32_t context, Deliver deliver);
    /// Starts channel updates; to be called after the last AddUser.
    void Start();
    /// Queues a packet for the user; false if its queue is full.
    bool Enqueue(int user, ns3::Ptr<ns3::Packet> packet);
    /// Rate over all resource blocks at the current MCS, Mbit/s.
    double MaxRateMbps(int user) const;

  private:
    struct QueuedPacket
    {
        ns3::Ptr<ns3::Packet> packet;
        std::uint32_t bytesLeft;
        bool partlySent;
    };

    struct Block
    {
        std::uint64_t number;
        int mcs;
        int resourceBlocks;
        int transmissions{0};
        double combinedSinr{0}; ///< linear, summed over transmissions (chase combining)
        bool lost{false};
        bool startsInsidePacket{false};
        std::vector<ns3::Ptr<ns3::Packet>> finished; ///< packets whose last byte is in this block
    };

    using BlockPtr = std::shared_ptr<Block>;

    struct User
    {
        ns3::Ptr<ns3::MobilityModel> place;
        std::uint32_t context;
        Deliver deliver;
        std::deque<QueuedPacket> queue;
        std::uint32_t queuedBytes{0};
        double sinrDb{0};
        double reportedSinrDb{0};
        double fadingDb{0};
        double outerLoopDb{0};
        double averageBytes{1};
        std::uint64_t nextBlock{0};
        std::uint64_t nextDelivery{0};
        /// Decoded or lost, waiting for delivery in order.
        std::map<std::uint64_t, BlockPtr> completed;
        std::deque<std::pair<std::int64_t, BlockPtr>> retransmissions; ///< earliest slot, block
        bool headLost{false}; ///< the packet in reassembly has lost its beginning
    };

    void UpdateChannel();
    int Mcs(const User& user) const;
    void WakeScheduler();
    void ScheduleSlot();
    int SendRetransmissions(std::int64_t slot, int free);
    void SendNew(int free);
    BlockPtr Fill(User& user, int resourceBlocks, std::uint32_t& bytes);
    void Transmit(int user, const BlockPtr& block);
    void Decode(int user, BlockPtr block, bool ok);
    void Adapt(User& user, bool ok);
    void DeliverInOrder(User& user);
    std::int64_t SlotNumber() const;

    NrParameters m_parameters;
    NrPhy m_phy;
    ns3::Time m_slot;
    ns3::Ptr<ns3::MobilityModel> m_site;
    ns3::Ptr<ns3::ChannelConditionModel> m_condition;
    ns3::Ptr<ns3::PropagationLossModel> m_pathLoss;
    ns3::Ptr<ns3::UniformRandomVariable> m_uniform;
    ns3::Ptr<ns3::NormalRandomVariable> m_normal;
    std::vector<User> m_users;
    ns3::EventId m_next;
};

} // namespace netgym
