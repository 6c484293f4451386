// SPDX-License-Identifier: Apache-2.0
#include "media/tcp_flow.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace fluid
{

namespace
{

constexpr int DUPACKS = 3;                // RFC 6675, DupThresh
constexpr double FIRST_TIMEOUT_MS = 1000; // RFC 6298, section 2
constexpr double LONGEST_TIMEOUT_MS = 60000;

} // namespace

TcpSettings::TcpSettings(const Settings& settings)
    : algorithm(settings.Text("tcp_congestion_control")),
      packetBytes(static_cast<std::uint32_t>(settings.Integer("packet_size_bytes"))),
      leastTimeoutMs(settings.Number("tcp.min_rto_ms")),
      granularityMs(settings.Number("tcp.clock_granularity_ms")),
      delayedAckMs(settings.Number("tcp.delayed_ack_timeout_ms")),
      retries(settings.Integer("tcp.retries")),
      buffered(std::max(
          1.0,
          std::floor(settings.Number("tcp.buffer_bytes") / (packetBytes - TCP_HEADER_BYTES))))
{
    if (!CongestionWindow::Knows(algorithm))
    {
        throw std::invalid_argument("there is no model of '" + algorithm + "'");
    }
}

void
TcpFlow::Start(std::int64_t startNs, MediaNetwork& network)
{
    const TcpSettings settings = m_settings;
    const int index = m_index;
    *this = TcpFlow(index, settings);
    network.Plan(startNs, Happening::TCP_START, m_index);
}

void
TcpFlow::Happened(const Event& event, MediaNetwork& network)
{
    switch (event.what)
    {
    case Happening::ARRIVAL:
        return ReceiveSegment(event.packet, network);
    case Happening::TCP_ACK:
        return ReceiveAck(event.packet, network);
    case Happening::TCP_DELAYED_ACK:
        return event.tag == m_ackPlan && m_unacknowledged > 0
                   ? Acknowledge(m_expected - 1, m_echoNs, network)
                   : void();
    case Happening::TCP_TIMEOUT:
        return event.tag == m_timeoutPlan ? TimedOut(network) : void();
    default:
        m_open = true;
        m_early.Push(false);
        m_segments.Clear();
        return Fill(network);
    }
}

void
TcpFlow::ReceiveAck(const Packet& ack, MediaNetwork& network)
{
    const std::int64_t nowNs = network.NowNs();
    const double rttMs = static_cast<double>(nowNs - ack.sentNs) * 1e-6;
    const bool advances = ack.number > m_first;
    const bool roundBegins = ack.number > m_roundEnds;
    int delivered = 0;
    while (m_first < ack.number && !m_segments.Empty())
    {
        const Segment segment = m_segments.Pop();
        m_first++;
        delivered += !segment.sacked;
        m_sacked -= segment.sacked;
        m_inFlight -= !segment.sacked && (!segment.lost || segment.again);
    }
    if (ack.bytes >= m_first && ack.bytes < Next() && !m_segments[ack.bytes - m_first].sacked)
    {
        MarkSacked(ack.bytes);
        delivered++;
    }
    if (advances)
    {
        Sampled(rttMs);
        m_backoff = 1;
        m_timeoutsInARow = 0;
        if (roundBegins)
        {
            m_roundEnds = Next();
        }
        m_window.SlowStartSample(rttMs, roundBegins);
        PlanTimeout(network);
    }
    FindLost();
    if (m_recovering && m_first >= m_recoveredAt)
    {
        m_recovering = false;
        m_window.Set(std::min(m_window.Segments(), m_window.Threshold()));
    }
    if (m_recovering)
    {
        Reduce(delivered);
    }
    else if (advances && delivered > 0)
    {
        m_window.Acknowledged(delivered, m_smoothRttMs, nowNs);
    }
    Fill(network);
}

/// RFC 6298, section 2.
void
TcpFlow::Sampled(double rttMs)
{
    if (m_smoothRttMs == 0)
    {
        m_smoothRttMs = rttMs;
        m_rttVarianceMs = rttMs / 2;
        return;
    }
    m_rttVarianceMs += (std::abs(m_smoothRttMs - rttMs) - m_rttVarianceMs) / 4;
    m_smoothRttMs += (rttMs - m_smoothRttMs) / 8;
}

void
TcpFlow::MarkSacked(std::uint32_t number)
{
    Segment& segment = m_segments[number - m_first];
    m_inFlight -= !segment.lost || segment.again;
    segment.sacked = true;
    m_sacked++;
    m_highestSacked = std::max(m_highestSacked, number);
}

/// RFC 6675, section 4: lost is what DupThresh segments with higher numbers have overtaken.
void
TcpFlow::FindLost()
{
    if (m_sacked < DUPACKS)
    {
        return;
    }
    int above = 0;
    bool found = false;
    for (std::uint32_t number = std::min(m_highestSacked + 1, Next()); number > m_first; --number)
    {
        Segment& segment = m_segments[number - 1 - m_first];
        above += segment.sacked;
        if (!segment.sacked && !segment.lost && above >= DUPACKS)
        {
            segment.lost = true;
            segment.again = false;
            m_inFlight--;
            found = true;
        }
    }
    if (found && !m_recovering)
    {
        EnterRecovery();
    }
}

void
TcpFlow::EnterRecovery()
{
    m_flightBefore = std::max(1.0, static_cast<double>(m_segments.Size()) - m_sacked);
    m_window.Lost(m_flightBefore);
    m_recovering = true;
    m_recoveredAt = Next();
    m_deliveredInRecovery = m_sentInRecovery = 0;
}

/// RFC 6937: as many segments leave per segment delivered as the reduction of the window asks for.
void
TcpFlow::Reduce(int delivered)
{
    m_deliveredInRecovery += delivered;
    const double threshold = m_window.Threshold();
    double due = 0;
    if (m_inFlight > threshold)
    {
        due = std::ceil(m_deliveredInRecovery * threshold / m_flightBefore) - m_sentInRecovery;
    }
    else
    {
        const double bound =
            std::max<double>(m_deliveredInRecovery - m_sentInRecovery, delivered) + 1;
        due = std::min(threshold - m_inFlight, bound);
    }
    due = std::max(due, m_sentInRecovery == 0 ? 1.0 : 0.0); // the fast retransmission
    m_window.Set(m_inFlight + std::max(due, 0.0));
}

void
TcpFlow::TimedOut(MediaNetwork& network)
{
    if (m_segments.Empty() || ++m_timeoutsInARow > m_settings.retries)
    {
        m_open = m_open && m_segments.Empty(); // the connection is given up
        return;
    }
    m_window.TimedOut(static_cast<double>(m_segments.Size()) - m_sacked);
    m_recovering = false;
    m_inFlight = 0;
    for (std::size_t k = 0; k < m_segments.Size(); ++k)
    {
        m_segments[k].lost = !m_segments[k].sacked;
        m_segments[k].again = false;
    }
    m_backoff *= 2;
    PlanTimeout(network);
    Fill(network);
}

/// Lost segments first, then new ones, as long as the window and the buffers have room.
void
TcpFlow::Fill(MediaNetwork& network)
{
    std::size_t k = 0;
    while (m_open && m_inFlight + 1 <= m_window.Segments())
    {
        while (k < m_segments.Size() &&
               (!m_segments[k].lost || m_segments[k].again || m_segments[k].sacked))
        {
            k++;
        }
        if (k < m_segments.Size())
        {
            m_segments[k].again = true;
            SendSegment(m_first + static_cast<std::uint32_t>(k), network);
        }
        else if (static_cast<double>(m_segments.Size()) < m_settings.buffered)
        {
            m_segments.Push({false, false, false});
            k = m_segments.Size();
            SendSegment(Next() - 1, network);
        }
        else
        {
            return;
        }
    }
}

void
TcpFlow::SendSegment(std::uint32_t number, MediaNetwork& network)
{
    m_inFlight++;
    m_sentInRecovery += m_recovering;
    if (m_segments.Size() == 1 || number == m_first)
    {
        PlanTimeout(network);
    }
    network.Send({KIND,
                  static_cast<std::uint8_t>(m_index),
                  m_settings.packetBytes,
                  number,
                  network.NowNs()});
}

void
TcpFlow::PlanTimeout(MediaNetwork& network)
{
    double timeoutMs = FIRST_TIMEOUT_MS;
    if (m_smoothRttMs > 0)
    {
        timeoutMs =
            std::max(m_smoothRttMs + std::max(4 * m_rttVarianceMs, m_settings.granularityMs),
                     m_settings.leastTimeoutMs);
    }
    const double boundMs = std::min(timeoutMs * m_backoff, LONGEST_TIMEOUT_MS);
    network.Plan(network.NowNs() + ToNs(boundMs), Happening::TCP_TIMEOUT, m_index, ++m_timeoutPlan);
}

} // namespace fluid
