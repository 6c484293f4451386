#include "tunnel/balancer.h"

#include "radio/topology.h"

#include <ns3/simulator.h>

#include <algorithm>
#include <cmath>

namespace netgym
{

using namespace ns3;

namespace
{

constexpr double PROBE_INTERVAL_MS = 100;
constexpr double MIN_INTERVAL_MS = 10;
constexpr double MAX_INTERVAL_MS = 1000;
constexpr int MAX_INTERVALS = 10;
constexpr double SETTLED = 0.1;           // change of delay in an interval, as a share of the round-trip time
constexpr double WINDOW_MS = 12000;       // of the smallest delay: a little more than BBR's probing cycle
constexpr double TOLERATED_MS = 10;       // difference of queueing delays
constexpr double STAY_AWAY_MS = 5000;     // from Wi-Fi after steering away from its queue
constexpr int PATIENT_DECISIONS = 4;      // in a row, before steps grow

double BalancerNowMs() { return Simulator::Now().GetNanoSeconds() * 1e-6; }

} // namespace

Balancer::Balancer(Mode mode, Ask ask, Probe probe)
    : m_mode(mode),
      m_ask(std::move(ask)),
      m_probe(std::move(probe))
{
}

void
Balancer::Start(const std::array<double, LINKS>& weights)
{
    if (m_running)
    {
        return;
    }
    m_running = true;
    int left = Burst();
    int heaviest = -1;
    for (int link = 0; link < LINKS; ++link)
    {
        m_units[link] = static_cast<int>(std::floor(weights[link] * Burst()));
        left -= m_units[link];
        if (m_mode.up[link] && (heaviest < 0 || weights[link] > weights[heaviest]))
        {
            heaviest = link;
        }
    }
    m_units[heaviest] += left;
    m_links = {};
    m_windowMs = BalancerNowMs();
    for (auto& state : m_links)
    {
        state.Begin(m_windowMs);
    }
    BeginCycle();
    Request();
    SendProbes();
    m_timer = Simulator::Schedule(Milliseconds(MIN_INTERVAL_MS), &Balancer::EndInterval, this);
}

void
Balancer::Stop()
{
    m_running = false;
    m_timer.Cancel();
    m_probing.Cancel();
}

void
Balancer::Arrived(int link, double owdMs, std::uint16_t linkSequence)
{
    if (!m_running)
    {
        return;
    }
    m_links[link].Arrived(BalancerNowMs(), owdMs, linkSequence);
    m_packets++;
}

void
Balancer::Request()
{
    // Over the quickest link that lives: the others may not reach the sender.
    int quickest = -1;
    const auto waitMs = [this](int link) { return m_links[link].silent ? 1e9 : m_links[link].meanMs; };
    for (int link = 0; link < LINKS; ++link)
    {
        if (m_mode.up[link] && (quickest < 0 || waitMs(link) < waitMs(quickest)))
        {
            quickest = link;
        }
    }
    m_ask(m_units, quickest);
}

double
Balancer::LongestMs() const
{
    double longest = 0;
    for (const auto& state : m_links)
    {
        longest = std::max(longest, state.meanMs);
    }
    return longest;
}

void
Balancer::SendProbes()
{
    for (int link = 0; link < LINKS; ++link)
    {
        if (m_mode.up[link])
        {
            m_probe(link);
        }
    }
    m_probing = Simulator::Schedule(Milliseconds(PROBE_INTERVAL_MS), &Balancer::SendProbes, this);
}

void
Balancer::EndInterval()
{
    const double nowMs = BalancerNowMs();
    // Twice the longest one-way delay stands in for the round-trip time.
    const double rttMs = std::clamp(2 * LongestMs(), MIN_INTERVAL_MS, MAX_INTERVAL_MS);
    m_timer = Simulator::Schedule(Milliseconds(rttMs), &Balancer::EndInterval, this);
    if (m_packets <= 2 * Burst() && nowMs - m_beganMs < MAX_INTERVAL_MS)
    {
        return;
    }
    double change = 0;
    for (auto& state : m_links)
    {
        if (state.EndInterval(nowMs))
        {
            change = std::max(change, std::abs(state.meanMs - state.beforeMs) / rttMs);
        }
    }
    RenewWindow(nowMs);
    m_packets = 0;
    m_beganMs = nowMs;
    m_intervals++;
    if ((m_intervals >= 2 && change < SETTLED) || m_intervals >= MAX_INTERVALS)
    {
        Decide();
        BeginCycle();
    }
}

void
Balancer::RenewWindow(double nowMs)
{
    if (nowMs - m_windowMs >= WINDOW_MS)
    {
        m_windowMs = nowMs;
        for (auto& state : m_links)
        {
            state.RenewWindow();
        }
    }
}

void
Balancer::BeginCycle()
{
    m_intervals = 0;
    m_packets = 0;
    m_beganMs = BalancerNowMs();
    for (auto& state : m_links)
    {
        state.BeginCycle();
    }
}

void
Balancer::Decide()
{
    LeaveSilentLinks();
    if (!Rebalance() && !AvoidLoss() && m_mode.steer)
    {
        ReturnToWifi();
    }
    Request(); // also without a change: the last one may have been lost
}

void
Balancer::LeaveSilentLinks()
{
    const auto alive = [this](int link) { return m_mode.up[link] && !m_links[link].silent; };
    for (int from = 0; from < LINKS; ++from)
    {
        // One unit each to the links that live, in turn, as long as there are any.
        for (int to = 0, tried = 0; m_units[from] > 0 && m_links[from].silent && tried < LINKS; to = (to + 1) % LINKS)
        {
            tried = alive(to) ? 0 : tried + 1;
            if (alive(to))
            {
                Move(from, to, 1);
            }
        }
    }
}

bool
Balancer::Rebalance()
{
    int worst = -1;
    int best = -1;
    for (int link = 0; link < LINKS; ++link)
    {
        if (!m_mode.up[link])
        {
            continue;
        }
        const double queueingMs = m_links[link].QueueingMs();
        if (best < 0 || queueingMs < m_links[best].QueueingMs())
        {
            best = link;
        }
        if (m_units[link] > 0 && (worst < 0 || queueingMs > m_links[worst].QueueingMs()))
        {
            worst = link;
        }
    }
    auto& state = m_links[worst];
    if (state.QueueingMs() - m_links[best].QueueingMs() <= TOLERATED_MS)
    {
        for (auto& link : m_links)
        {
            link.streak = 0;
        }
        return false;
    }
    if (state.meanMs >= state.beforeMs)
    {
        state.streak++;
        Move(worst, best, std::max(state.streak - PATIENT_DECISIONS, 1));
    }
    return true;
}

bool
Balancer::AvoidLoss()
{
    int worst = -1;
    int best = -1;
    for (int link = 0; link < LINKS; ++link)
    {
        if (!m_mode.up[link])
        {
            continue;
        }
        const double loss = m_links[link].Loss();
        best = best < 0 || loss < m_links[best].Loss() ? link : best;
        worst = m_units[link] > 0 && (worst < 0 || loss > m_links[worst].Loss()) ? link : worst;
    }
    if (m_links[worst].Loss() <= 2 * m_links[best].Loss())
    {
        return false;
    }
    Move(worst, best, 1);
    return true;
}

void
Balancer::ReturnToWifi()
{
    const auto used = std::find_if(m_units.begin(), m_units.end(), [](int units) { return units > 0; });
    const int link = static_cast<int>(used - m_units.begin());
    if (m_mode.up[WIFI] && link != WIFI && BalancerNowMs() - m_leftWifiMs >= STAY_AWAY_MS)
    {
        Move(link, WIFI, 1);
    }
}

void
Balancer::Move(int from, int to, int units)
{
    const int moved = std::min(units, m_units[from]);
    m_units[from] -= moved;
    m_units[to] += moved;
    if (from == WIFI && m_units[WIFI] == 0)
    {
        m_leftWifiMs = BalancerNowMs();
    }
}

} // namespace netgym
