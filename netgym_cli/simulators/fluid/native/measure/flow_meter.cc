// SPDX-License-Identifier: Apache-2.0
#include "measure/flow_meter.h"

#include "bridge/purposes.h"
#include "bridge/random.h"

#include <algorithm>

namespace fluid
{

namespace
{

constexpr double LOST_AFTER_S = 1; // a packet unheard of for longer counts as lost

} // namespace

void
FlowMeter::Begin(std::uint64_t seed, int user)
{
    *this = FlowMeter();
    Stream stream(seed, Purpose::GRAIN, user);
    for (auto& grain : m_sent)
    {
        grain.Begin(stream.Uniform());
    }
    for (auto& grain : m_arrived)
    {
        grain.Begin(stream.Uniform());
    }
    for (auto& grain : m_late)
    {
        grain.Begin(stream.Uniform());
    }
    m_delivered.Begin(stream.Uniform());
    m_lost.Begin(stream.Uniform());
}

void
FlowMeter::Close(const Tunnel& tunnel,
                 const QosTarget& target,
                 double packetBytes,
                 double intervalMs,
                 double nowS)
{
    const double mbpsPerPacket = packetBytes * 8e-3 / intervalMs;
    const auto age = [](double ageS) { return std::min(ageS, LOST_AFTER_S) * 1e3; };
    const FlowCount& count = tunnel.Flow();
    const double packets = m_delivered.Whole(count.deliveredBytes, packetBytes);
    flow.rateMbps = packets * mbpsPerPacket;
    if (packets > 0)
    {
        flow.owdMs = count.deliveredByteS / count.deliveredBytes * 1e3;
        flow.maxOwdMs = std::max(count.longestS * 1e3, flow.owdMs);
    }
    else
    {
        const bool waits = tunnel.Undelivered() > packetBytes;
        flow.owdMs = flow.maxOwdMs = waits ? age(tunnel.OldestAgeS(nowS)) : 0;
    }
    for (std::size_t k = 0; k < latePercent.size(); ++k)
    {
        const double late = std::min(m_late[k].Whole(count.lateBytes[k], packetBytes), packets);
        const bool waitsTooLong = flow.owdMs > target.thresholdsS[k] * 1e3;
        latePercent[k] = packets > 0 ? 100 * late / packets : waitsTooLong ? 100 : 0;
    }
    const double lost = m_lost.Whole(count.lostBytes, packetBytes);
    lossPercent = lost > 0 ? 100 * lost / (lost + packets) : 0;
    qosMet = latePercent[0] <= 100 * target.lateShare && lossPercent <= 100 * target.lossShare;
    double sent = 0;
    double all = 0;
    for (int link = 0; link < LINKS; ++link)
    {
        auto& measured = links[link];
        const LinkCount& over = tunnel.Count(link);
        const double outgoing = m_sent[link].Whole(over.sentBytes, packetBytes);
        const double arrived = m_arrived[link].Whole(over.arrivedBytes, packetBytes);
        measured.txMbps = outgoing * mbpsPerPacket;
        measured.rateMbps = arrived * mbpsPerPacket;
        if (arrived > 0)
        {
            measured.owdMs = over.arrivedByteS / over.arrivedBytes * 1e3;
            measured.maxOwdMs = std::max(over.longestS * 1e3, measured.owdMs);
        }
        else
        {
            const bool waits = tunnel.Backlog(link) > packetBytes;
            measured.owdMs = measured.maxOwdMs = waits ? age(tunnel.OldestAgeS(link, nowS)) : 0;
        }
        sent += outgoing;
        all += arrived;
        trafficPercent[link] = arrived;
    }
    flow.txMbps = sent * mbpsPerPacket;
    for (auto& percent : trafficPercent)
    {
        percent = all > 0 ? 100 * percent / all : 0;
    }
}

} // namespace fluid
