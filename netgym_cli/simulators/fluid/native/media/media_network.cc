// SPDX-License-Identifier: Apache-2.0
#include "media/media_network.h"

#include "bridge/purposes.h"

namespace fluid
{

namespace
{

constexpr double BACK_BPNS = 1;      // the way back: 1 Gbit/s
constexpr int BACK_HEADER_BYTES = 2; // PPP

} // namespace

void
MediaNetwork::Start(std::uint64_t seed)
{
    m_events.Clear();
    m_losses = Stream(seed, Purpose::LINK);
    m_link.Clear();
    m_planned = m_link.Plans();
    const auto& trace = m_link.Trace();
    for (std::size_t row = 0; row < trace.size(); ++row)
    {
        Plan(ToNs(m_measuredFromMs + trace[row].atMs),
             Happening::TRACE,
             0,
             static_cast<std::uint32_t>(row));
    }
    BeginInterval();
}

void
MediaNetwork::Send(const Packet& packet)
{
    m_link.Enter(packet, NowNs());
    PlanLink();
}

void
MediaNetwork::PlanLink()
{
    if (m_planned != m_link.Plans())
    {
        m_planned = m_link.Plans();
        if (const auto endsNs = m_link.EndsNs())
        {
            Plan(*endsNs, Happening::LINK, 0, m_planned);
        }
    }
}

std::int64_t
MediaNetwork::BackAtNs(int bytes) const
{
    return NowNs() + static_cast<std::int64_t>((bytes + BACK_HEADER_BYTES) * 8 / BACK_BPNS) +
           m_link.DelayNs();
}

bool
MediaNetwork::Happened(const Event& event)
{
    switch (event.what)
    {
    case Happening::TRACE:
        m_link.Become(m_link.Trace()[event.tag], NowNs());
        break;
    case Happening::LINK:
        if (event.tag == m_link.Plans())
        {
            const Packet packet = m_link.Leave(NowNs());
            m_events.Plan(NowNs() + m_link.DelayNs(), {Happening::ARRIVAL, packet.flow, 0, packet});
        }
        break;
    case Happening::ARRIVAL:
        if (m_link.Now().loss > 0 && m_losses.Uniform() < m_link.Now().loss)
        {
            return true;
        }
        m_deliveredBytes += event.packet.bytes;
        return false;
    default:
        return false;
    }
    PlanLink();
    return true;
}

} // namespace fluid
