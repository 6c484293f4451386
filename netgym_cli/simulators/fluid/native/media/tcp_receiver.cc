// SPDX-License-Identifier: Apache-2.0
// The receiving end of a TCP flow: which segments have come, and when that is acknowledged.
#include "media/tcp_flow.h"

namespace fluid
{

namespace
{

constexpr int SACK_BYTES = 12; // one block and its padding (RFC 2018)
constexpr int ACK_EVERY = 2;   // RFC 5681, section 4.2

} // namespace

void
TcpFlow::ReceiveSegment(const Packet& packet, MediaNetwork& network)
{
    const bool inOrder = packet.number == m_expected;
    if (packet.number >= m_expected)
    {
        const std::uint32_t place = packet.number - m_expected;
        while (m_early.Size() <= place)
        {
            m_early.Push(false);
        }
        m_early[place] = true;
        while (!m_early.Empty() && m_early.Front())
        {
            m_early.Pop();
            m_expected++;
        }
        if (m_early.Empty())
        {
            m_early.Push(false);
        }
    }
    if (m_unacknowledged == 0)
    {
        m_echoNs = packet.sentNs; // RFC 7323, section 4.3: of the first that is not acknowledged
    }
    m_unacknowledged++;
    const bool hole = m_early.Size() > 1;
    if (!inOrder || hole || m_unacknowledged >= ACK_EVERY)
    {
        Acknowledge(packet.number, m_echoNs, network);
        return;
    }
    network.Plan(network.NowNs() + ToNs(m_settings.delayedAckMs),
                 Happening::TCP_DELAYED_ACK,
                 m_index,
                 ++m_ackPlan);
}

void
TcpFlow::Acknowledge(std::uint32_t cause, std::int64_t echoNs, MediaNetwork& network)
{
    m_unacknowledged = 0;
    ++m_ackPlan;
    const int bytes = static_cast<int>(TCP_HEADER_BYTES) + (cause >= m_expected ? SACK_BYTES : 0);
    // An acknowledgement as a packet: the segment that caused it as `bytes`, what is due as
    // `number`.
    const Packet ack{KIND, static_cast<std::uint8_t>(m_index), cause, m_expected, echoNs};
    network.Plan(network.BackAtNs(bytes), {Happening::TCP_ACK, ack.flow, 0, ack});
}

} // namespace fluid
