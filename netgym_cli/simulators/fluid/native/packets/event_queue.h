// SPDX-License-Identifier: Apache-2.0
// What is to happen in a network, soonest first.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace fluid
{

/// Simulated times are whole nanoseconds; a duration in ms is cut to them.
inline std::int64_t
ToNs(double ms)
{
    return static_cast<std::int64_t>(ms * 1e6);
}

/// `What` is a small value that says what happens. Of events at the same time, the first planned
/// comes first, so a network is the same wherever it is simulated.
template <typename What>
class EventQueue
{
  public:
    void Plan(std::int64_t atNs, const What& what)
    {
        m_events.push_back({atNs, m_planned++, what});
        std::push_heap(m_events.begin(), m_events.end(), Later);
    }

    /// Whether something is due before `endNs`.
    bool Due(std::int64_t endNs) const
    {
        return !m_events.empty() && m_events.front().atNs < endNs;
    }

    /// Takes out the next event; the clock goes to its time.
    What Next()
    {
        std::pop_heap(m_events.begin(), m_events.end(), Later);
        const Event event = m_events.back();
        m_events.pop_back();
        m_nowNs = event.atNs;
        m_happened++;
        return event.what;
    }

    std::int64_t NowNs() const
    {
        return m_nowNs;
    }

    /// Moves the clock to where no event lies before.
    void AdvanceTo(std::int64_t nowNs)
    {
        m_nowNs = nowNs;
    }

    std::uint64_t Happened() const
    {
        return m_happened;
    }

    void Clear()
    {
        m_events.clear();
        m_planned = m_happened = 0;
        m_nowNs = 0;
    }

  private:
    struct Event
    {
        std::int64_t atNs;
        std::uint64_t order;
        What what;
    };

    static bool Later(const Event& one, const Event& other)
    {
        return one.atNs != other.atNs ? one.atNs > other.atNs : one.order > other.order;
    }

    std::vector<Event> m_events;
    std::uint64_t m_planned{0};
    std::uint64_t m_happened{0};
    std::int64_t m_nowNs{0};
};

} // namespace fluid
