// SPDX-License-Identifier: GPL-2.0-only
// Two members of ns3::TcpTxBuffer (ns-3 3.44) that take the place of ns-3's own, with equal
// results.
//
// ns-3 compares the whole list of sent segments with itself for every segment that it passes on its
// way to a retransmission, if it was built with assertions, as the wheel was: half of the time of a
// network with losses. And it walks through all sent segments to find the next one to send, also
// where none is lost.
//
// Their callers are in other files of ns-3's library, so the dynamic linker finds these first,
// because the library that holds them is loaded before ns-3's. The contract is that of
// tcp-tx-buffer.h and RFC 6675; tests compare both, operation by operation.
#include <ns3/abort.h>
#include <ns3/assert.h>
#include <ns3/simulator.h>
#include <ns3/tcp-tx-buffer.h>

#include <algorithm>

namespace ns3
{

TcpTxItem*
TcpTxBuffer::CopyFromSequence(uint32_t numBytes, const SequenceNumber32& seq)
{
    NS_ABORT_MSG_IF(seq < m_firstByteSeq, "these bytes have been acknowledged: " << seq);
    uint32_t size = std::min(numBytes, SizeFromSequence(seq));
    if (size == 0)
    {
        return nullptr;
    }
    const SequenceNumber32 unsent = m_firstByteSeq + m_sentSize;
    NS_ABORT_MSG_IF(seq > unsent, "bytes before these have not been sent: " << seq);

    // Makes `*first`, of which there is more than nothing, hold exactly `bytes`, and returns it.
    // Where bytes are left over, they stay with the item that had them.
    const auto cut = [this](PacketList& list, PacketList::iterator first, uint32_t bytes) {
        TcpTxItem* item = *first;
        for (auto next = std::next(first); item->m_packet->GetSize() < bytes && next != list.end();
             next = list.erase(next))
        {
            MergeItems(item, *next);
            delete *next;
        }
        if (item->m_packet->GetSize() > bytes)
        {
            auto head = new TcpTxItem;
            SplitItems(head, item, bytes);
            return list.insert(first, head);
        }
        return first;
    };

    TcpTxItem* item = nullptr;
    if (seq == unsent)
    {
        const auto segment = cut(m_appList, m_appList.begin(), size);
        item = *segment;
        NS_ASSERT_MSG(!item->m_retrans, "new data is marked as sent again: " << seq);
        item->m_startSeq = seq;
        m_sentList.splice(m_sentList.end(), m_appList, segment);
        m_sentSize += item->m_packet->GetSize();
    }
    else
    {
        // What was not sent yet waits for a segment of its own.
        size = std::min<uint32_t>(size, unsent - seq);
        auto segment = m_sentList.begin();
        SequenceNumber32 begin = m_firstByteSeq;
        while (seq >= begin + (*segment)->m_packet->GetSize())
        {
            begin += (*segment)->m_packet->GetSize();
            ++segment;
        }
        if (begin == seq)
        {
            // A segment that starts here grows by the one behind it at most, and only by one of the
            // same fate.
            const auto next = std::next(segment);
            const bool alone = next == m_sentList.end() || (*next)->m_sacked ||
                               (*next)->m_lost != (*segment)->m_lost;
            size = std::min(size,
                            (*segment)->m_packet->GetSize() +
                                (alone ? 0 : (*next)->m_packet->GetSize()));
        }
        else
        {
            // SplitItems gives the first of its arguments what is in front.
            auto front = new TcpTxItem;
            SplitItems(front, *segment, seq - begin);
            m_sentList.insert(segment, front);
        }
        item = *cut(m_sentList, segment, size);
        NS_ASSERT_MSG(!item->m_sacked, "what has arrived is to be sent again: " << seq);
        if (!item->m_retrans)
        {
            item->m_retrans = true;
            m_retrans += item->m_packet->GetSize();
        }
    }
    item->m_lastSent = Simulator::Now();
    return item;
}

bool
TcpTxBuffer::NextSeg(SequenceNumber32* seq, SequenceNumber32* seqHigh, bool isRecovery) const
{
    // Rule (1) takes the first lost segment that was not sent again, rule (3) the first that was
    // neither sacked nor sent again. Both lie below the highest SACK, if there is any. Nothing can
    // be found behind the last of the lost ones but a segment for rule (3).
    SequenceNumber32 unsacked;
    bool isUnsacked = false;
    uint32_t lostAhead = m_lostOut;
    SequenceNumber32 begin = m_firstByteSeq;
    for (const TcpTxItem* item : m_sentList)
    {
        if ((m_sackSeen && item->m_startSeq >= m_highestSack.second) ||
            (lostAhead == 0 && (isUnsacked || !isRecovery)))
        {
            break;
        }
        const uint32_t size = item->m_packet->GetSize();
        if (!item->m_retrans && !item->m_sacked)
        {
            if (item->m_lost)
            {
                *seq = begin;
                *seqHigh = begin + m_segmentSize;
                return true;
            }
            if (isRecovery && !isUnsacked)
            {
                unsacked = begin;
                isUnsacked = true;
            }
        }
        lostAhead -= item->m_lost ? std::min(lostAhead, size) : 0;
        begin += size;
    }

    // Rule (2): new data, as far as the receiver's window allows.
    if (m_size > m_sentSize)
    {
        const uint32_t window = m_rWndCallback();
        if (m_sentSize >= window)
        {
            return false;
        }
        *seq = m_firstByteSeq + m_sentSize;
        *seqHigh = *seq + std::min(m_segmentSize, window - m_sentSize);
        return true;
    }
    if (isUnsacked)
    {
        *seq = unsacked;
        *seqHigh = unsacked + m_segmentSize;
    }
    return isUnsacked;
}

} // namespace ns3
