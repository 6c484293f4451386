// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/media_flow.h"

#include "bridge/duration.h"
#include "traffic/feedback_header.h"

#include <ns3/inet-socket-address.h>
#include <ns3/packet.h>
#include <ns3/seq-ts-header.h>
#include <ns3/simulator.h>
#include <ns3/udp-socket-factory.h>

#include <algorithm>

namespace netgym
{

using namespace ns3;

namespace
{

constexpr std::uint32_t UDP_IP_HEADER_BYTES = 28;

std::int64_t
MediaNowNs()
{
    return Simulator::Now().GetNanoSeconds();
}

} // namespace

MediaFlow::MediaFlow(const NadaParameters& nada, Shape shape)
    : m_nada(nada),
      m_shape(shape),
      m_receiver(nada),
      m_sender(nada),
      m_log(nada.LOGWIN, nada.baseWindowMs),
      m_draw(CreateObject<UniformRandomVariable>()),
      m_rateKbps(nada.RMIN)
{
}

void
MediaFlow::Install(Ptr<Node> from,
                   Ptr<Node> to,
                   Ipv4Address address,
                   std::uint16_t port,
                   double startMs)
{
    m_senderSocket = Socket::CreateSocket(from, UdpSocketFactory::GetTypeId());
    m_senderSocket->Bind();
    m_senderSocket->SetRecvCallback(MakeCallback(&MediaFlow::ReceiveFeedback, this));
    m_receiverSocket = Socket::CreateSocket(to, UdpSocketFactory::GetTypeId());
    m_receiverSocket->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
    m_receiverSocket->SetRecvCallback(MakeCallback(&MediaFlow::ReceiveMedia, this));
    m_destination = InetSocketAddress(address, port);
    Simulator::ScheduleWithContext(from->GetId(), DurationOfMs(startMs), &MediaFlow::Start, this);
}

void
MediaFlow::Start()
{
    m_started = true;
    m_lastSentNs = MediaNowNs();
    m_sender.Start(m_lastSentNs);
    m_gapFactor = m_draw->GetValue(0, 1);
    ScheduleNext();
}

void
MediaFlow::ScheduleNext()
{
    const double gapMs = m_gapFactor * m_shape.packetBytes * 8 / m_rateKbps;
    const auto at = NanoSeconds(m_lastSentNs) + DurationOfMs(gapMs);
    m_next.Cancel();
    m_next =
        Simulator::Schedule(std::max(at - Simulator::Now(), Time(0)), &MediaFlow::SendNext, this);
}

void
MediaFlow::SendNext()
{
    SeqTsHeader header; // as long as an RTP header; carries the time of its creation
    header.SetSeq(m_sequence++);
    m_lastSentNs = MediaNowNs();
    auto packet =
        ns3::Create<Packet>(m_shape.packetBytes - UDP_IP_HEADER_BYTES - header.GetSerializedSize());
    packet->AddHeader(header);
    m_meter.Sent(header.GetSeq(), m_shape.packetBytes, m_lastSentNs);
    m_unreported.Sent(header.GetSeq(), m_lastSentNs);
    m_senderSocket->SendTo(packet, 0, m_destination);
    m_gapFactor = 1 + m_shape.pacingJitter * m_draw->GetValue(-1, 1);
    ScheduleNext();
}

void
MediaFlow::SetRate(double kbps)
{
    m_rateIsSet = true;
    m_rateKbps = kbps;
    if (m_started)
    {
        ScheduleNext();
    }
}

void
MediaFlow::FollowNada()
{
    if (m_rateIsSet)
    {
        m_rateIsSet = false;
        m_rateKbps = m_sender.RateKbps();
        if (m_started)
        {
            ScheduleNext();
        }
    }
}

void
MediaFlow::ReceiveMedia(Ptr<Socket> socket)
{
    Address from;
    while (auto packet = socket->RecvFrom(from))
    {
        SeqTsHeader header;
        packet->RemoveHeader(header);
        const auto nowNs = MediaNowNs();
        const auto sentNs = header.GetTs().GetNanoSeconds();
        const bool first = !m_log.Started();
        m_log.Arrived(header.GetSeq(), m_shape.packetBytes, sentNs, nowNs);
        m_meter.Received(m_shape.packetBytes, (nowNs - sentNs) * 1e-6);
        m_meter.underWay.SettledUpTo(header.GetSeq());
        if (first || header.GetSeq() > m_newest)
        {
            m_newest = header.GetSeq();
            m_newestSentNs = sentNs;
            m_newestAtNs = nowNs;
        }
        if (first)
        {
            m_source = from;
            Simulator::Schedule(DurationOfMs(m_nada.DELTA), &MediaFlow::SendFeedback, this);
        }
    }
}

void
MediaFlow::SendFeedback()
{
    const auto nowNs = MediaNowNs();
    m_log.Expire(nowNs);
    FeedbackHeader header;
    header.report = ++m_reportsSent;
    header.nada = m_receiver.Report(m_log, nowNs);
    header.newest = m_newest;
    header.sentNs = m_newestSentNs;
    header.heldNs = nowNs - m_newestAtNs;
    auto packet = ns3::Create<Packet>();
    packet->AddHeader(header);
    m_receiverSocket->SendTo(packet, 0, m_source);
    Simulator::Schedule(DurationOfMs(m_nada.DELTA), &MediaFlow::SendFeedback, this);
}

void
MediaFlow::ReceiveFeedback(Ptr<Socket> socket)
{
    while (auto packet = socket->Recv())
    {
        FeedbackHeader header;
        packet->RemoveHeader(header);
        if (header.report < m_lastReport)
        {
            continue; // overtaken by a newer one on a path that became shorter
        }
        m_lastReport = header.report;
        const auto nowNs = MediaNowNs();
        m_unreported.SettledUpTo(header.newest);
        if (header.heldNs < m_nada.DELTA * 1e6) // else the echo is that of the last report
        {
            m_rttMs = (nowNs - header.sentNs - header.heldNs) * 1e-6;
            m_rttSumMs += m_rttMs;
            m_rttCount++;
        }
        m_feedback = header.nada;
        m_sender.Update(m_feedback, m_rttMs, nowNs);
        if (m_rateIsSet)
        {
            m_sender.StayNear(m_feedback.receivedKbps);
            continue;
        }
        m_rateKbps = m_sender.RateKbps();
        ScheduleNext();
    }
}

void
MediaFlow::BeginInterval()
{
    m_meter.Clear();
    m_rttSumMs = 0;
    m_rttCount = 0;
}

void
MediaFlow::EndInterval()
{
    const auto nowNs = MediaNowNs();
    m_log.Expire(nowNs);
    m_meter.Close(nowNs);
    m_unreportedMs = m_unreported.OldestAgeMs(nowNs);
}

double
MediaFlow::QueuingDelayMs() const
{
    return std::max(m_meter.OwdMs() - m_log.BaseDelayMs(), 0.0);
}

double
MediaFlow::LossFraction() const
{
    const bool silent = m_log.Received() + m_log.Lost() == 0;
    return silent ? m_meter.OwdMs() > m_nada.LOGWIN : m_log.LossFraction();
}

} // namespace netgym
