// SPDX-License-Identifier: GPL-2.0-only
// The NR network: abstract cells behind ordinary IP interfaces; a user stays on its nearest cell.
#pragma once
#include "bridge/settings.h"
#include "radio/access.h"
#include "radio/nr_cell.h"

#include <ns3/node-container.h>
#include <ns3/packet.h>
#include <ns3/virtual-net-device.h>

#include <memory>

namespace netgym
{

class NrAccess : public AccessNetwork
{
  public:
    NrAccess(const Settings& settings, const ns3::NodeContainer& users, ns3::Ptr<ns3::Node> anchor);

    ns3::Ipv4Address UserAddress(int user) const override
    {
        return m_users[user].address;
    }

    ns3::Ipv4Address AnchorAddress(int user) const override
    {
        return m_cells[m_users[user].cell].anchorAddress;
    }

    double MaxRateMbps(int user) const override;

    int CellId(int user) const override
    {
        return m_users[user].cell + 1;
    }

  private:
    struct Cell
    {
        std::unique_ptr<NrCell> radio;
        ns3::Ptr<ns3::VirtualNetDevice> device;
        ns3::Ipv4Address anchorAddress;
        std::map<ns3::Ipv4Address, int> members; ///< user address to index in the cell
    };

    struct User
    {
        int cell;
        int index; ///< in the cell
        ns3::Ipv4Address address;
        ns3::Time uplinkFree; ///< when the uplink has sent what it holds
    };

    void BuildCell(int index,
                   const Settings& settings,
                   const ns3::NodeContainer& users,
                   ns3::Ptr<ns3::Node> site,
                   ns3::Ptr<ns3::Node> anchor);
    bool SendDown(int cell, ns3::Ptr<ns3::Packet> packet);
    bool SendUp(int user, ns3::Ptr<ns3::Packet> packet);

    std::vector<Cell> m_cells;
    std::vector<User> m_users;
};

} // namespace netgym
