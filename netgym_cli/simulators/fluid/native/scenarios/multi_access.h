// SPDX-License-Identifier: Apache-2.0
// Walking users behind a server, each reached over Wi-Fi, NR and LTE through a tunnel of its own.
#pragma once
#include "measure/flow_meter.h"
#include "radio/lte.h"
#include "radio/nr.h"
#include "radio/walk.h"
#include "radio/wifi.h"
#include "traffic/bbr.h"
#include "traffic/udp.h"
#include "tunnel/balancer.h"
#include "tunnel/tunnel.h"

#include <memory>
#include <vector>

namespace fluid
{

struct UserPlan
{
    int slice{0};
    bool udp{true};
    bool steers{false};         ///< an agent's shares: all packets take the heaviest link
    bool balancerSteers{false}; ///< the default algorithm's
    double packetBytes{0};      ///< of an IP packet
    UdpPlan traffic;
    QosTarget target;
};

/// What is the same in all copies of a network.
struct MultiAccessPlan
{
    MultiAccessPlan(const Settings& settings, const Settings& calibration);

    WalkPlan walk;
    WifiPlan wifi;
    NrPlan nr;
    LtePlan lte;
    BbrPlan bbr;
    TunnelPlan tunnel;
    std::vector<UserPlan> users;
    std::array<bool, LINKS> exists{};
    int sliceCount;
    double startMs; ///< when applications start
    double leadMs;  ///< from then until measurement starts
    double guardMs, intervalMs;
    double tickMs;
    long leadTicks; ///< before the steps of the default algorithm that end the lead
    int leadSteps;
    long guardTicks, intervalTicks;

  private:
    void AddUsers(const Settings& settings);
    void DivideTime();
};

/// One network's state: all of it is copied by the copy constructor but the plan, which is shared.
class MultiAccess
{
  public:
    explicit MultiAccess(std::shared_ptr<const MultiAccessPlan> plan);

    /// Draws the network that belongs to a seed and lets its users walk until applications start.
    void Begin(std::uint64_t seed);
    /// See Scenario::PlaceUsers; takes effect at the next Begin.
    void PlaceUsers(const std::vector<double>& users);
    /// Simulates the part of the lead that no step of the default algorithm covers.
    void Lead();
    /// Simulates a guard time and a measured interval.
    void Advance();

    const MultiAccessPlan& Plan() const
    {
        return *m_plan;
    }

    int UserCount() const
    {
        return static_cast<int>(m_plan->users.size());
    }

    /// An agent's shares of a user's links from now on. Missing links take none; with nothing left,
    /// the first that exists takes all. A user that steers takes its heaviest link.
    void SetShares(int user, const double* shares);
    /// Lets the balancer decide for a user until the next SetShares.
    void UseBalancer(int user);

    const Shares& SharesOf(int user) const
    {
        return m_users[user].shares;
    }

    void SetPriority(int user, int link, bool prioritized)
    {
        m_users[user].prioritized[link] = prioritized;
    }

    bool Prioritized(int user, int link) const
    {
        return m_users[user].prioritized[link];
    }

    const FlowMeter& Meter(int user) const
    {
        return m_users[user].meter;
    }

    double MaxRateMbps(int user, int link) const;
    /// Counts from 1; 255 where there is no cell.
    int CellId(int user, int link) const;

    const Place& At(int user) const
    {
        return m_users[user].walker.At();
    }

    Lte& LteCell()
    {
        return m_lte;
    }

    const Lte& LteCell() const
    {
        return m_lte;
    }

    Nr& NrCells()
    {
        return m_nr;
    }

    double NowMs() const
    {
        return m_plan->startMs + m_tick * m_plan->tickMs;
    }

    std::uint64_t Ticks() const
    {
        return static_cast<std::uint64_t>(m_tick);
    }

  private:
    struct User
    {
        Walker walker;
        Udp udp;
        int tcp{-1}; ///< index of its TCP connection
        Tunnel tunnel;
        Balancer balancer;
        Shares shares{};
        std::array<bool, LINKS> prioritized{};
        FlowMeter meter;
    };

    void Walk(double seconds);
    void Tick();
    void Send(int user, double nowMs);
    void Receive(int user);
    void Balance(int user);
    double AckDelayS() const;

    std::shared_ptr<const MultiAccessPlan> m_plan;
    std::vector<User> m_users;
    std::vector<Bbr> m_tcp;
    std::array<std::vector<Load>, LINKS> m_loads;
    Wifi m_wifi;
    Nr m_nr;
    Lte m_lte;
    std::vector<double> m_places; ///< as given by PlaceUsers; empty: users are drawn
    long m_tick{0};               ///< since applications started
};

} // namespace fluid
