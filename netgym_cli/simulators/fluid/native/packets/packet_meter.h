// SPDX-License-Identifier: Apache-2.0
// What a flow of numbered packets carried in an interval, packet by packet.
#pragma once
#include "packets/fifo.h"

#include <algorithm>
#include <cstdint>

namespace fluid
{

/// Packets that are sent and neither received nor overtaken.
class InFlight
{
  public:
    /// A packet older than this counts as lost.
    static constexpr double LOST_AFTER_MS = 1000;

    void Sent(std::uint32_t number, std::int64_t nowNs)
    {
        m_packets.Push({number, nowNs});
    }

    /// Everything up to `number` is settled: what was overtaken will not come.
    void SettledUpTo(std::uint32_t number)
    {
        while (!m_packets.Empty() && m_packets.Front().number <= number)
        {
            m_packets.Pop();
        }
    }

    /// Age of the oldest packet, at most LOST_AFTER_MS; 0 without any. Forgets what counts as lost.
    double OldestAgeMs(std::int64_t nowNs)
    {
        const double oldestMs = AgeMs(nowNs);
        while (AgeMs(nowNs) >= LOST_AFTER_MS)
        {
            m_packets.Pop();
        }
        return std::min(oldestMs, LOST_AFTER_MS);
    }

    void Clear()
    {
        m_packets.Clear();
    }

  private:
    struct Packet
    {
        std::uint32_t number;
        std::int64_t sentNs;
    };

    double AgeMs(std::int64_t nowNs) const
    {
        return m_packets.Empty() ? 0 : (nowNs - m_packets.Front().sentNs) * 1e-6;
    }

    Fifo<Packet> m_packets;
};

/// Bytes, packets and one-way delays between Begin and End. An interval in which nothing arrived
/// has as delay the age of the oldest packet in flight (docs/design.md, "No packet, no lie").
class PacketMeter
{
  public:
    void Sent(std::uint32_t number, double bytes, std::int64_t nowNs)
    {
        m_sentBytes += bytes;
        m_inFlight.Sent(number, nowNs);
    }

    void Received(std::uint32_t number, double bytes, double owdMs)
    {
        m_receivedBytes += bytes;
        m_packets++;
        m_owdSumMs += owdMs;
        m_owdMaxMs = std::max(m_owdMaxMs, owdMs);
        m_inFlight.SettledUpTo(number);
    }

    void Begin()
    {
        m_sentBytes = m_receivedBytes = m_owdSumMs = m_owdMaxMs = m_waitingMs = 0;
        m_packets = 0;
    }

    void End(std::int64_t nowNs)
    {
        m_waitingMs = m_inFlight.OldestAgeMs(nowNs);
    }

    void Clear()
    {
        Begin();
        m_inFlight.Clear();
    }

    double SentMbps(double intervalMs) const
    {
        return m_sentBytes * 8e-3 / intervalMs;
    }

    double ReceivedMbps(double intervalMs) const
    {
        return m_receivedBytes * 8e-3 / intervalMs;
    }

    std::uint64_t Packets() const
    {
        return m_packets;
    }

    double OwdMs() const
    {
        return m_packets ? m_owdSumMs / static_cast<double>(m_packets) : m_waitingMs;
    }

    double MaxOwdMs() const
    {
        return m_packets ? m_owdMaxMs : m_waitingMs;
    }

  private:
    InFlight m_inFlight;
    double m_sentBytes{0};
    double m_receivedBytes{0};
    double m_owdSumMs{0};
    double m_owdMaxMs{0};
    double m_waitingMs{0};
    std::uint64_t m_packets{0};
};

} // namespace fluid
