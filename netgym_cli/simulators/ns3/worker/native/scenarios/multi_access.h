// SPDX-License-Identifier: GPL-2.0-only
// Walking users behind a server, each reached over Wi-Fi, NR and LTE through its own tunnel.
//
//   server ---(server_delay_ms)--- anchor ===(Wi-Fi | NR | LTE)=== user
//      application      tunnel end                     tunnel end      sink
#pragma once
#include "bridge/settings.h"
#include "radio/access.h"
#include "radio/lte_access.h"
#include "tunnel/balancer.h"
#include "tunnel/tunnel.h"

#include <ns3/node-container.h>
#include <ns3/virtual-net-device.h>

#include <array>
#include <memory>
#include <vector>

namespace netgym
{

class MultiAccess
{
  public:
    explicit MultiAccess(const Settings& settings);

    int UserCount() const
    {
        return static_cast<int>(m_users.size());
    }

    int SliceCount() const
    {
        return m_sliceCount;
    }

    int SliceOf(int user) const
    {
        return m_users[user].slice;
    }

    ns3::Vector Position(int user) const;

    /// An interval is over; see AccessNetwork::EndInterval.
    void EndInterval();

    /// The network of a link; null where the config has no site for it.
    const AccessNetwork* Access(int link) const
    {
        return m_access[link];
    }

    LteAccess& Lte()
    {
        return *m_lte;
    }

    TunnelMeters& Downlink(int user)
    {
        return *m_users[user].downlink;
    }

    const std::array<double, LINKS>& Weights(int user) const
    {
        return m_users[user].atAnchor->Weights();
    }

    /// Shares of the user's links from the next downlink packet on. A missing link takes none; if
    /// nothing is left, the first existing link takes everything. In steer mode the heaviest link
    /// takes everything.
    void SetWeights(int user, const double* weights);
    /// Lets the receiver-side balancer set the user's shares, starting from the present ones, until
    /// the next SetWeights.
    void UseBalancer(int user);
    /// Whether the user's packets over this link are prioritized: Wi-Fi's video access category
    /// instead of best effort, LTE's second bearer instead of the default bearer. NR has no
    /// priorities.
    void SetPriority(int user, int link, bool prioritized);

    bool Priority(int user, int link) const
    {
        return m_users[user].atAnchor->Priority(link);
    }

  private:
    struct User
    {
        int slice;
        bool steer;
        ns3::Ipv4Address address; ///< inside the tunnel
        ns3::Ptr<ns3::VirtualNetDevice> device;
        /// On the heap: the tunnel ends keep pointers to it.
        std::unique_ptr<TunnelMeters> downlink;
        std::unique_ptr<TunnelEnd> atAnchor;
        std::unique_ptr<TunnelEnd> atUser;
        std::unique_ptr<Balancer> balancer;
    };

    void PlaceUsers(const Settings& settings);
    void BuildAccess(const Settings& settings);
    void BuildTunnels(const Settings& settings);
    void BuildTunnel(int user, const Settings& settings);
    void BuildBalancer(int user, const Settings& settings);
    void BuildTraffic(const Settings& settings);
    /// TCP acknowledgements: equal shares in split mode, else all over the first existing link.
    void SetUplink(int user, const std::string& mode);
    bool IntoTunnel(ns3::Ptr<ns3::Packet> packet);

    int m_sliceCount{0};
    ns3::NodeContainer m_nodes; ///< users
    ns3::Ptr<ns3::Node> m_server;
    ns3::Ptr<ns3::Node> m_anchor;
    ns3::Ptr<ns3::VirtualNetDevice> m_anchorDevice;
    std::vector<User> m_users;
    std::map<ns3::Ipv4Address, int> m_userOf;
    std::unique_ptr<LteAccess> m_lte;
    std::vector<std::unique_ptr<AccessNetwork>> m_optional;
    std::array<AccessNetwork*, LINKS> m_access{};
};

} // namespace netgym
