// SPDX-License-Identifier: Apache-2.0
#include "media/media_flow.h"

#include "bridge/purposes.h"

#include <algorithm>

namespace fluid
{

namespace
{

constexpr int FEEDBACK_BYTES = 69; // UDP and IP 28, what is reported 41

} // namespace

void
MediaFlow::Start(const Nada& nada, std::uint64_t seed, std::int64_t startNs, MediaNetwork& network)
{
    *this = MediaFlow(m_index, nada, m_shape);
    m_draw = Stream(seed, Purpose::TRAFFIC, static_cast<std::uint64_t>(m_index));
    m_rateKbps = nada.lowestKbps;
    m_control.Begin(nada, startNs);
    network.Plan(startNs, Happening::MEDIA_START, m_index);
}

void
MediaFlow::Happened(const Nada& nada, const Event& event, MediaNetwork& network)
{
    switch (event.what)
    {
    case Happening::ARRIVAL:
        return Receive(nada, event.packet, network);
    case Happening::MEDIA_START:
        return Begin(nada, network);
    case Happening::MEDIA_SEND:
        return event.tag == m_plan ? SendNext(network) : void();
    case Happening::MEDIA_REPORT:
        return SendFeedback(nada, network);
    default:
        return ReceiveFeedback(nada, event.tag, network);
    }
}

void
MediaFlow::Begin(const Nada& nada, MediaNetwork& network)
{
    m_begun = true;
    m_lastSentNs = network.NowNs();
    m_control.Begin(nada, m_lastSentNs);
    m_gapFactor = m_draw.Uniform();
    PlanNext(network);
}

void
MediaFlow::PlanNext(MediaNetwork& network)
{
    const double gapMs = m_gapFactor * m_shape.packetBytes * 8 / m_rateKbps;
    network.Plan(std::max(m_lastSentNs + ToNs(gapMs), network.NowNs()),
                 Happening::MEDIA_SEND,
                 m_index,
                 ++m_plan);
}

void
MediaFlow::SendNext(MediaNetwork& network)
{
    m_lastSentNs = network.NowNs();
    const Packet packet{KIND,
                        static_cast<std::uint8_t>(m_index),
                        m_shape.packetBytes,
                        m_next++,
                        m_lastSentNs};
    m_meter.Sent(packet.number, packet.bytes, m_lastSentNs);
    m_unreported.Sent(packet.number, m_lastSentNs);
    network.Send(packet);
    m_gapFactor = 1 + m_shape.jitter * m_draw.Uniform(-1, 1);
    PlanNext(network);
}

void
MediaFlow::SetRate(double kbps, MediaNetwork& network)
{
    m_rateIsSet = true;
    m_rateKbps = kbps;
    if (m_begun)
    {
        PlanNext(network);
    }
}

void
MediaFlow::FollowNada(MediaNetwork& network)
{
    if (m_rateIsSet)
    {
        m_rateIsSet = false;
        m_rateKbps = m_control.ReferenceKbps();
        if (m_begun)
        {
            PlanNext(network);
        }
    }
}

void
MediaFlow::Receive(const Nada& nada, const Packet& packet, MediaNetwork& network)
{
    const std::int64_t nowNs = network.NowNs();
    const bool first = !m_log.Begun();
    m_log.Arrived(packet.number, packet.bytes, packet.sentNs, nowNs);
    m_meter.Received(packet.number,
                     packet.bytes,
                     static_cast<double>(nowNs - packet.sentNs) * 1e-6);
    if (first || packet.number > m_newest)
    {
        m_newest = packet.number;
        m_newestSentNs = packet.sentNs;
        m_newestAtNs = nowNs;
    }
    if (first)
    {
        network.Plan(nowNs + ToNs(nada.rampUp.reportMs), Happening::MEDIA_REPORT, m_index);
    }
}

void
MediaFlow::SendFeedback(const Nada& nada, MediaNetwork& network)
{
    const std::int64_t nowNs = network.NowNs();
    m_log.MoveTo(nowNs);
    const NadaReport content = m_control.Observed(nada, m_log, nowNs);
    m_feedback.Push({++m_reports, content, m_newest, m_newestSentNs, nowNs - m_newestAtNs});
    network.Plan(network.BackAtNs(FEEDBACK_BYTES), Happening::MEDIA_FEEDBACK, m_index, m_reports);
    network.Plan(nowNs + ToNs(nada.rampUp.reportMs), Happening::MEDIA_REPORT, m_index);
}

void
MediaFlow::ReceiveFeedback(const Nada& nada, std::uint32_t report, MediaNetwork& network)
{
    if (m_feedback.Empty() || m_feedback.Front().report > report)
    {
        return; // a newer one has overtaken it on a path that became shorter
    }
    while (m_feedback.Front().report < report)
    {
        m_feedback.Pop();
    }
    const Feedback feedback = m_feedback.Pop();
    const std::int64_t nowNs = network.NowNs();
    m_unreported.SettledUpTo(feedback.newest);
    if (feedback.heldNs < ToNs(nada.rampUp.reportMs)) // else the last report has told of it
    {
        m_rttMs = static_cast<double>(nowNs - feedback.sentNs - feedback.heldNs) * 1e-6;
        m_rttSumMs += m_rttMs;
        m_rttCount++;
    }
    m_report = feedback.content;
    m_control.Obey(nada, m_report, m_rttMs, nowNs);
    if (m_rateIsSet)
    {
        m_control.HoldNear(nada, m_report.receivedKbps);
        return;
    }
    m_rateKbps = m_control.ReferenceKbps();
    PlanNext(network);
}

void
MediaFlow::BeginInterval()
{
    m_meter.Begin();
    m_rttSumMs = 0;
    m_rttCount = 0;
}

void
MediaFlow::EndInterval(std::int64_t nowNs)
{
    m_log.MoveTo(nowNs);
    m_meter.End(nowNs);
    m_unreportedMs = m_unreported.OldestAgeMs(nowNs);
}

double
MediaFlow::QueuingDelayMs() const
{
    return std::max(m_meter.OwdMs() - m_log.BaseDelayMs(), 0.0);
}

double
MediaFlow::LossFraction(const Nada& nada) const
{
    if (m_log.Received() + m_log.Lost() == 0)
    {
        return m_meter.OwdMs() > nada.windowMs ? 1 : 0;
    }
    return m_log.LossFraction();
}

} // namespace fluid
