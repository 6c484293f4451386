// SPDX-License-Identifier: GPL-2.0-only
// A TCP sender's buffer twice, on ns-3's own functions and on those that take their place, through
// the same random transfer with losses: whatever they return and hold must be equal after each
// step. Usage: tcp_tx_buffers LIBNS3_INTERNET LIBNETGYM_NS3 SEED; prints what happened how often.
#include <ns3/core-module.h>
#include <ns3/tcp-tx-buffer.h>

#include <cstdlib>
#include <deque>
#include <dlfcn.h>
#include <iostream>
#include <map>
#include <random>
#include <sstream>

using namespace ns3;

namespace
{

constexpr std::uint32_t SEGMENT = 1000;
constexpr std::uint32_t WINDOW = 40'000;
constexpr int ROUNDS = 3000;
const char* const COPY = "_ZN3ns311TcpTxBuffer16CopyFromSequenceEjRKNS_14SequenceNumberIjiEE";
const char* const NEXT = "_ZNK3ns311TcpTxBuffer7NextSegEPNS_14SequenceNumberIjiEES3_b";

using Copy = TcpTxItem* (*)(TcpTxBuffer*, std::uint32_t, const SequenceNumber32&);
using Next = bool (*)(const TcpTxBuffer*, SequenceNumber32*, SequenceNumber32*, bool);

std::map<std::string, int> g_times;

void
Require(bool holds, const std::string& what)
{
    if (!holds)
    {
        std::cerr << what << std::endl;
        std::_Exit(1);
    }
}

struct Sender
{
    Copy copy;
    Next next;
    TcpTxBuffer buffer{1};

    Sender(void* library)
        : copy(reinterpret_cast<Copy>(dlsym(library, COPY))),
          next(reinterpret_cast<Next>(dlsym(library, NEXT)))
    {
        buffer.SetMaxBufferSize(80'000);
        buffer.SetSegmentSize(SEGMENT);
        buffer.SetDupAckThresh(3);
        buffer.SetRWndCallback(MakeCallback(&Sender::Window, this));
    }

    std::uint32_t Window()
    {
        return WINDOW;
    }

    std::string Text() const
    {
        std::ostringstream text;
        text << buffer;
        return text.str();
    }
};

class Transfer
{
  public:
    Transfer(void* theirs, void* ours, unsigned seed)
        : m_theirs(theirs),
          m_ours(ours),
          m_random(seed)
    {
        Require(m_theirs.copy && m_theirs.next && m_ours.copy && m_ours.next, "no such function");
        Require(m_theirs.copy != m_ours.copy && m_theirs.next != m_ours.next, "ns-3's own twice");
    }

    void Round()
    {
        Simulator::Stop(MicroSeconds(10));
        Simulator::Run();
        const int what = Below(100);
        if (what < 20)
        {
            const std::uint32_t size = 1 + Below(3000);
            const bool added = m_theirs.buffer.Add(Create<Packet>(size));
            Require(added == m_ours.buffer.Add(Create<Packet>(size)), "Add");
        }
        else if (what < 45)
        {
            Ask(Below(2));
        }
        else if (what < 60)
        {
            Send(m_sent, 1 + Below(2 * SEGMENT));
        }
        else if (what < 97)
        {
            Arrive();
        }
        else if (what < 99)
        {
            Send(m_theirs.buffer.HeadSequence(), 1 + Below(2 * SEGMENT));
        }
        else
        {
            const bool forgets = Below(2);
            m_theirs.buffer.SetSentListLost(forgets);
            m_ours.buffer.SetSentListLost(forgets);
            ++g_times["time-outs"];
        }
        Require(m_theirs.Text() == m_ours.Text(), m_theirs.Text() + "\n" + m_ours.Text());
    }

  private:
    std::uint32_t Below(std::uint32_t limit)
    {
        return m_random() % limit;
    }

    void Ask(bool recovery)
    {
        SequenceNumber32 from, to, ourFrom, ourTo;
        const bool found = m_theirs.next(&m_theirs.buffer, &from, &to, recovery);
        Require(found == m_ours.next(&m_ours.buffer, &ourFrom, &ourTo, recovery), "NextSeg");
        Require(from == ourFrom && to == ourTo, "NextSeg's numbers");
        ++g_times[!found ? "nothing next" : from < m_sent ? "next again" : "next new"];
        if (found)
        {
            Send(from, to - from);
        }
    }

    void Send(SequenceNumber32 from, std::uint32_t size)
    {
        const TcpTxItem* item = m_theirs.copy(&m_theirs.buffer, size, from);
        const TcpTxItem* ours = m_ours.copy(&m_ours.buffer, size, from);
        Require(!item == !ours, "CopyFromSequence");
        if (!item)
        {
            return;
        }
        const std::uint32_t got = item->GetPacket()->GetSize();
        Require(got == ours->GetPacket()->GetSize() && item->GetLastSent() == Simulator::Now() &&
                    ours->GetLastSent() == Simulator::Now(),
                "the item");
        ++g_times[from < m_sent ? "sent again" : "sent"];
        const bool fresh = from >= m_sent;
        m_sent = std::max(m_sent, from + got);
        if (Below(10))
        {
            m_inFlight.emplace_back(from, got);
        }
        else if (fresh && got > 2)
        {
            Send(from + 1 + Below(got - 1), SEGMENT); // from the middle of it
        }
    }

    /// A segment of those under way, not always the first, and what the receiver says then.
    void Arrive()
    {
        if (m_inFlight.empty())
        {
            return;
        }
        const auto segment =
            m_inFlight.begin() + Below(std::min<std::size_t>(m_inFlight.size(), 3));
        std::uint32_t from = segment->first.GetValue();
        std::uint32_t to = from + segment->second;
        m_inFlight.erase(segment);
        auto block = m_received.lower_bound(from);
        while (block != m_received.end() && block->second <= to)
        {
            from = std::min(from, block->second);
            to = std::max(to, block->first);
            block = m_received.erase(block);
        }
        m_received[to] = from;
        auto acknowledged = m_theirs.buffer.HeadSequence().GetValue();
        while (!m_received.empty() && m_received.begin()->second <= acknowledged)
        {
            acknowledged = std::max(acknowledged, m_received.begin()->first);
            m_received.erase(m_received.begin());
        }
        TcpOptionSack::SackList blocks;
        for (const auto& [end, begin] : m_received)
        {
            blocks.emplace_front(begin, end);
        }
        g_times["acknowledged selectively"] += !blocks.empty();
        for (auto* sender : {&m_theirs, &m_ours})
        {
            if (!blocks.empty())
            {
                sender->buffer.Update(blocks);
            }
            sender->buffer.DiscardUpTo(SequenceNumber32(acknowledged));
        }
    }

    Sender m_theirs;
    Sender m_ours;
    std::mt19937 m_random;
    SequenceNumber32 m_sent{1};
    std::deque<std::pair<SequenceNumber32, std::uint32_t>> m_inFlight;
    std::map<std::uint32_t, std::uint32_t> m_received; ///< beginning of each block, by its end
};

} // namespace

int
main(int argc, char** argv)
{
    Require(argc == 4, "usage: tcp_tx_buffers LIBNS3_INTERNET LIBNETGYM_NS3 SEED");
    void* theirs = dlopen(argv[1], RTLD_LAZY);
    void* ours = dlopen(argv[2], RTLD_LAZY);
    Require(theirs && ours, "a library cannot be loaded");
    Transfer transfer(theirs, ours, std::atoi(argv[3]));
    for (int round = 0; round < ROUNDS; ++round)
    {
        transfer.Round();
    }
    for (const auto& [what, times] : g_times)
    {
        std::cout << what << ": " << times << "\n";
    }
}
