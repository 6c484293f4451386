// SPDX-License-Identifier: Apache-2.0
// One link with a drop-tail queue, whose rate, delay and loss follow a trace, packet by packet.
#pragma once
#include "bridge/settings.h"
#include "packets/fifo.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace fluid
{

/// A packet of any flow. Bytes are those of IP.
struct Packet
{
    std::uint8_t kind;
    std::uint8_t flow;
    std::uint32_t bytes;
    std::uint32_t number;
    std::int64_t sentNs;
};

class Bottleneck
{
  public:
    struct State
    {
        double atMs; ///< since measurement began
        double rateKbps;
        double delayMs;
        double loss;
    };

    explicit Bottleneck(const Settings& settings);

    void Clear();

    /// What the trace says, in the order of time.
    const std::vector<State>& Trace() const
    {
        return m_trace;
    }

    /// The rate, delay and loss are these from now on. What is left of the packet on the link goes
    /// at the new rate.
    void Become(const State& state, std::int64_t nowNs);
    /// Takes a packet, or drops it where it would make the queue too long.
    void Enter(const Packet& packet, std::int64_t nowNs);

    /// When the last bit of the packet on the link leaves it; none while nothing is sent.
    std::optional<std::int64_t> EndsNs() const
    {
        return m_sending && m_rateBps > 0 ? std::optional(m_endsNs) : std::nullopt;
    }

    /// Counts changes of EndsNs.
    std::uint32_t Plans() const
    {
        return m_plans;
    }

    /// Takes the packet off the link whose last bit leaves it now, and begins with the next one.
    Packet Leave(std::int64_t nowNs);

    /// Propagation delay of what leaves the link now.
    std::int64_t DelayNs() const
    {
        return m_delayNs;
    }

    const State& Now() const
    {
        return m_now;
    }

    double QueueBytes() const
    {
        return m_queueBytes;
    }

    /// Time during which bits were sent.
    std::int64_t BusyNs(std::int64_t nowNs) const;

  private:
    void Begin(const Packet& packet, std::int64_t nowNs);

    State m_before; ///< until the first row of the trace
    std::vector<State> m_trace;
    double m_mostQueueBytes;

    State m_now{};
    double m_rateBps{0};
    std::int64_t m_delayNs{0};
    Fifo<Packet> m_queue;
    double m_queueBytes{0};
    bool m_sending{false};
    Packet m_packet{};    ///< the one on the link
    double m_bitsLeft{0}; ///< of it, at m_sinceNs
    std::int64_t m_sinceNs{0};
    std::int64_t m_endsNs{0};
    std::int64_t m_busyNs{0}; ///< until m_sinceNs
    std::uint32_t m_plans{0};
};

} // namespace fluid
