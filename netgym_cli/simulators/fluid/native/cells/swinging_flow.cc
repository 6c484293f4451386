// SPDX-License-Identifier: Apache-2.0
#include "cells/swinging_flow.h"

#include "packets/event_queue.h"

#include <cmath>

namespace fluid
{

namespace
{

constexpr double TURN = 6.283185307179586;
constexpr double SHORT_TURNS =
    0.1 / TURN; // a gap of this part of a period: its load counts as constant
constexpr int HALVINGS = 60;

} // namespace

FlowPlan::FlowPlan(const Settings& settings)
    : leastMbps(settings.Number("traffic.min_rate_mbps")),
      mostMbps(settings.Number("traffic.max_rate_mbps")),
      periodMs(settings.Number("traffic.period_ms")),
      packetBytes(settings.Number("traffic.packet_size_bytes")),
      burstPackets(settings.Integer("traffic.burst_packets")),
      lateMs(settings.Number("qos.delay_requirement_ms")),
      lateShare(settings.Number("qos.delay_violation_target")),
      lossShare(settings.Number("qos.loss_target")),
      lostMs(settings.Number("qos.lost_after_ms"))
{
}

void
SwingingFlow::Start(double phase)
{
    m_phase = phase;
    m_meter.Clear();
    m_first = 0;
    m_sent.Clear();
    m_late = m_lost = 0;
}

/// A raised cosine.
double
SwingingFlow::RateMbps(const FlowPlan& plan, double nowMs) const
{
    const double turns = nowMs / plan.periodMs + m_phase;
    return plan.leastMbps + (plan.mostMbps - plan.leastMbps) * 0.5 * (1 - std::cos(TURN * turns));
}

std::int64_t
SwingingFlow::GapNs(const FlowPlan& plan, std::int64_t nowNs) const
{
    const double nowMs = static_cast<double>(nowNs) * 1e-6;
    const double kbits = plan.burstPackets * plan.packetBytes * 8e-3;
    const double gapMs = kbits / RateMbps(plan, nowMs);
    if (gapMs <= SHORT_TURNS * plan.periodMs || plan.mostMbps == plan.leastMbps)
    {
        return ToNs(gapMs);
    }
    // The load is integrated: after a long gap it is another one.
    const double mean = 0.5 * (plan.leastMbps + plan.mostMbps);
    const double swing = 0.5 * (plan.mostMbps - plan.leastMbps) * plan.periodMs / TURN;
    const double start = TURN * (nowMs / plan.periodMs + m_phase);
    const auto brought = [&](double ms) {
        return mean * ms - swing * (std::sin(start + TURN * ms / plan.periodMs) - std::sin(start));
    };
    double low = 0;
    double high = (kbits + 2 * swing) / mean;
    for (int halving = 0; halving < HALVINGS; ++halving)
    {
        const double middle = 0.5 * (low + high);
        (brought(middle) < kbits ? low : high) = middle;
    }
    return ToNs(high);
}

std::uint32_t
SwingingFlow::SendBurst(const FlowPlan& plan, std::int64_t nowNs)
{
    const std::uint32_t first = m_first + static_cast<std::uint32_t>(m_sent.Size());
    for (int k = 0; k < plan.burstPackets; ++k)
    {
        m_sent.Push({nowNs, false});
        m_meter.Sent(first + static_cast<std::uint32_t>(k), plan.packetBytes, nowNs);
    }
    return first;
}

void
SwingingFlow::Received(const FlowPlan& plan, std::uint32_t number, std::int64_t nowNs)
{
    if (number < m_first)
    {
        return; // it has been given up
    }
    Sent& sent = m_sent[number - m_first];
    const double owdMs = static_cast<double>(nowNs - sent.atNs) * 1e-6;
    if (owdMs <= plan.lostMs && !sent.arrived)
    {
        sent.arrived = true;
        m_meter.Received(number, plan.packetBytes, owdMs);
        m_late += owdMs > plan.lateMs;
    }
}

void
SwingingFlow::BeginInterval()
{
    m_meter.Begin();
    m_late = m_lost = 0;
}

void
SwingingFlow::EndInterval(const FlowPlan& plan, std::int64_t nowNs)
{
    while (!m_sent.Empty() && static_cast<double>(nowNs - m_sent.Front().atNs) * 1e-6 > plan.lostMs)
    {
        m_lost += !m_sent.Pop().arrived;
        m_first++;
    }
    m_meter.End(nowNs);
}

double
SwingingFlow::LossFraction() const
{
    const double due = m_lost + static_cast<double>(m_meter.Packets());
    return due > 0 ? m_lost / due : 0;
}

/// An interval without deliveries is late if a packet has been waiting for too long.
bool
SwingingFlow::QosMet(const FlowPlan& plan) const
{
    const double packets = static_cast<double>(m_meter.Packets());
    const double late = packets > 0 ? m_late / packets : m_meter.OwdMs() > plan.lateMs;
    return late <= plan.lateShare && LossFraction() <= plan.lossShare;
}

} // namespace fluid
