// SPDX-License-Identifier: GPL-2.0-only
// The common case of the protocol in protocol.py, a step, without a way through Python: after a
// simulated interval the interpreter's code and data have left the caches, and fetching them takes
// longer than all else between two steps.
#include "bridge/stepping.h"

#include "bridge/scenario.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <vector>

namespace netgym
{

namespace
{

constexpr char STEP = 'a';
constexpr char STATS = 'm';
// A frame follows its length, as multiprocessing.connection writes it.
constexpr std::size_t LENGTH = sizeof(std::uint32_t);
constexpr std::size_t HEAD = 2; // numbers before the values: simulated ms, events

/// Receives or sends all of it; false when the other side is gone.
template <typename Transfer>
bool
Whole(Transfer transfer, char* data, std::size_t size)
{
    while (size > 0)
    {
        const auto done = transfer(data, size);
        if (done <= 0 && !(done < 0 && errno == EINTR))
        {
            return false;
        }
        const std::size_t moved = done > 0 ? done : 0;
        data += moved;
        size -= moved;
    }
    return true;
}

bool
Answer(std::vector<double>& numbers, int connection)
{
    numbers[0] = NowMs();
    numbers[1] = static_cast<double>(Events());
    const std::size_t bytes = numbers.size() * sizeof(double);
    std::vector<char> frame(LENGTH + 1 + bytes);
    const std::uint32_t length = htonl(static_cast<std::uint32_t>(1 + bytes));
    std::memcpy(frame.data(), &length, LENGTH);
    frame[LENGTH] = STATS;
    std::memcpy(frame.data() + LENGTH + 1, numbers.data(), bytes);
    const auto send = [connection](const char* data, std::size_t size) {
        return ::send(connection, data, size, MSG_NOSIGNAL);
    };
    return Whole(send, frame.data(), frame.size());
}

} // namespace

bool
Serve(Scenario* scenario, int connection, int patienceMs)
{
    pollfd readable{connection, POLLIN, 0};
    const auto receive = [connection](char* data, std::size_t size) {
        return ::recv(connection, data, size, 0);
    };
    std::vector<double> numbers;
    std::vector<double> control;
    for (;;)
    {
        const int ready = poll(&readable, 1, patienceMs);
        if (ready == 0)
        {
            return false;
        }
        char head[LENGTH + 1];
        if (ready < 0 || recv(connection, head, sizeof(head), MSG_PEEK) != sizeof(head) ||
            head[LENGTH] != STEP)
        {
            return true;
        }
        std::uint32_t length = 0;
        std::memcpy(&length, head, LENGTH);
        std::vector<char> frame(LENGTH + ntohl(length));
        if (!Whole(receive, frame.data(), frame.size()))
        {
            return true;
        }
        control.resize((frame.size() - sizeof(head)) / sizeof(double));
        std::memcpy(control.data(), frame.data() + sizeof(head), control.size() * sizeof(double));
        scenario->Act(control.empty() ? nullptr : control.data(), control.size());
        scenario->Advance();
        numbers.resize(HEAD + scenario->Size());
        scenario->Read(numbers.data() + HEAD);
        if (!Answer(numbers, connection))
        {
            return true;
        }
    }
}

} // namespace netgym
