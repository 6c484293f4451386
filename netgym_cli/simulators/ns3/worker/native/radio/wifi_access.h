// SPDX-License-Identifier: GPL-2.0-only
// The Wi-Fi network: several 802.11ax access points, one station of each user per access point, all
// associated all the time, and a choice of the serving one by beacon signal (make before break).
#pragma once
#include "bridge/settings.h"
#include "radio/access.h"
#include "radio/overhearing.h"

#include <ns3/ipv4-address.h>
#include <ns3/net-device-container.h>
#include <ns3/node-container.h>
#include <ns3/nstime.h>
#include <ns3/sta-wifi-mac.h>
#include <ns3/wifi-net-device.h>
#include <ns3/yans-wifi-channel.h>

#include <map>
#include <vector>

namespace netgym
{

class WifiAccess : public AccessNetwork
{
  public:
    /// Builds the access points at wifi_ap_locations and connects them to `anchor` and `users`.
    /// With `marks`, packets take the access category that their DS field names; without, all take
    /// best effort.
    WifiAccess(const Settings& settings,
               const ns3::NodeContainer& users,
               ns3::Ptr<ns3::Node> anchor,
               bool marks = false);

    ns3::Ipv4Address UserAddress(int user) const override;
    ns3::Ipv4Address AnchorAddress(int user) const override;
    /// PHY rate that the access point's rate manager would choose for the user now.
    double MaxRateMbps(int user) const override;
    int CellId(int user) const override;
    void EndInterval() override;

    int CellCount() const
    {
        return static_cast<int>(m_cells.size());
    }

    const ns3::NetDeviceContainer& Stations(int cell) const
    {
        return m_cells[cell].stations;
    }

    ns3::Ptr<ns3::WifiNetDevice> AccessPoint(int cell) const;

    /// Index of the access point for downlink packets to the user now.
    int ServingCell(int user) const
    {
        return m_serving[user];
    }

    /// Signal-to-noise ratio of the last beacon; OUT_OF_REACH_DB without association or a recent
    /// beacon.
    double SignalDb(int user, int cell) const;
    /// No user chooses a closed access point; closing it moves its users at once, where others
    /// reach them.
    void SetOpen(int cell, bool open);

    static constexpr double OUT_OF_REACH_DB = -1e3;

  private:
    struct Beacon
    {
        double snrDb{0};
        ns3::Time receivedAt;
        bool associated{false};
    };

    struct Cell
    {
        ns3::NetDeviceContainer accessPoint;
        ns3::NetDeviceContainer stations; ///< one per user
        std::vector<ns3::Ipv4Address> stationAddresses;
        ns3::Ipv4Address anchorAddress;
        bool open{true};
    };

    void SetDefaults(const Settings& settings) const;
    void BuildCell(int index, const Settings& settings, ns3::Ptr<ns3::Node> accessPoint);
    void ConnectCell(int index,
                     const Settings& settings,
                     ns3::Ptr<ns3::Node> accessPoint,
                     ns3::Ptr<ns3::Node> anchor);
    void TraceBeacons(int index);
    void ReceiveBeacon(int user, int cell, ns3::StaWifiMac::ApInfo info);
    void AssociationChanged(int user, int cell, bool associated, ns3::Mac48Address);
    void CompareBeacons();
    void ChooseCells();

    ns3::NodeContainer m_users;
    bool m_marks;
    std::vector<Cell> m_cells;
    std::vector<int> m_serving;                 ///< serving cell of each user
    std::vector<std::vector<Beacon>> m_beacons; ///< [user][cell]
    ns3::Ptr<ns3::YansWifiChannel> m_channel;   ///< of the last cell built
    ns3::Ptr<Overhearing> m_overhearing;        ///< on it; null: every station overhears
    double m_hysteresisDb{0};
    ns3::Time m_interval;
};

} // namespace netgym
