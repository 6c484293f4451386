// SPDX-License-Identifier: GPL-2.0-only
// Counts what a flow or a link carried in one measurement interval.
#pragma once
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace netgym
{

/// Packets in flight: sent and not yet settled (delivered, overtaken or declared lost), oldest
/// first.
class UnderWay
{
  public:
    /// A packet not settled after this time counts as lost.
    static constexpr double LOST_AFTER_MS = 1000;

    void Sent(std::uint32_t sequence, std::int64_t nowNs);
    /// Everything up to and including `sequence` is settled: links deliver in order.
    void SettledUpTo(std::uint32_t sequence);
    /// Age of the oldest packet, at most LOST_AFTER_MS; 0 when nothing is in flight. Drops what
    /// counts as lost.
    double OldestAgeMs(std::int64_t nowNs);

  private:
    std::deque<std::pair<std::uint32_t, std::int64_t>> m_packets;
};

/// One direction of one flow or link. Bytes are those of the inner IP packets.
class Meter
{
  public:
    UnderWay underWay;

    void Sent(std::uint32_t sequence, std::uint32_t bytes, std::int64_t nowNs);
    void Received(std::uint32_t bytes, double owdMs);
    void Clear();
    /// Ends the interval, so that the delays of an interval without deliveries are known.
    void Close(std::int64_t nowNs);

    double SentMbps(double intervalMs) const;
    double ReceivedMbps(double intervalMs) const;

    std::uint64_t ReceivedBytes() const
    {
        return m_receivedBytes;
    }

    std::uint64_t Packets() const
    {
        return m_packets;
    }

    /// Mean one-way delay of the packets received; without any, the age of the oldest in flight, or
    /// 0.
    double OwdMs() const;
    double MaxOwdMs() const;

    /// One-way delays of the packets received, in their order.
    const std::vector<double>& DelaysMs() const
    {
        return m_delaysMs;
    }

  private:
    std::uint64_t m_sentBytes{0};
    std::uint64_t m_receivedBytes{0};
    std::uint64_t m_packets{0};
    double m_owdSumMs{0};
    double m_owdMaxMs{0};
    double m_waitingMs{0};
    std::vector<double> m_delaysMs;
};

/// The quality of service that a flow has to offer.
struct QosTarget
{
    double delayMs;      ///< a packet above it is late
    double delayTest1Ms; ///< diagnostic thresholds
    double delayTest2Ms;
    double lateFraction; ///< largest share of late packets
    double lossFraction; ///< largest share of lost packets
};

/// A flow after reordering: a meter that also judges each packet against the target.
class FlowMeter : public Meter
{
  public:
    QosTarget target{};

    void Delivered(std::uint32_t bytes, double owdMs);

    void Lost(std::uint64_t packets)
    {
        m_lost += packets;
    }

    void Clear();

    /// Share of packets later than the target (or a test threshold), percent. An interval without
    /// deliveries counts as 100 % late if a packet has been waiting longer than that.
    double LatePercent() const
    {
        return Percent(m_late, target.delayMs);
    }

    double Test1Percent() const
    {
        return Percent(m_late1, target.delayTest1Ms);
    }

    double Test2Percent() const
    {
        return Percent(m_late2, target.delayTest2Ms);
    }

    double LossFraction() const;
    bool QosMet() const;

  private:
    double Percent(std::uint64_t late, double thresholdMs) const;
    std::uint64_t m_late{0};
    std::uint64_t m_late1{0};
    std::uint64_t m_late2{0};
    std::uint64_t m_lost{0};
};

} // namespace netgym
