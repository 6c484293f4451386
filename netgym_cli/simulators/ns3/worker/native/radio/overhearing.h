// SPDX-License-Identifier: GPL-2.0-only
// Which stations of a Wi-Fi channel receive frames that are not for them: those in use.
#pragma once
#include <ns3/mac48-address.h>
#include <ns3/mobility-model.h>
#include <ns3/net-device-container.h>
#include <ns3/nstime.h>
#include <ns3/propagation-loss-model.h>
#include <ns3/wifi-ppdu.h>
#include <ns3/wifi-tx-vector.h>
#include <ns3/yans-wifi-channel.h>

namespace netgym
{

/// A station that has neither sent nor been sent a frame for IDLE_AFTER is idle. Of the channel's
/// frames an idle station receives those for it and those for all, as beacons; the others reach it
/// with no power. Access points and stations in use receive everything, as without this model.
///
/// So an idle station that sends does not know whether the channel is busy: its first frame may
/// collide.
class Overhearing : public ns3::PropagationLossModel
{
  public:
    static const ns3::Time IDLE_AFTER;

    static ns3::TypeId GetTypeId();

    /// Takes its place in front of the channel's other loss models.
    void Join(ns3::Ptr<ns3::YansWifiChannel> channel);
    /// A cell on this channel. Its stations count as in use for the next IDLE_AFTER.
    void Add(const ns3::NetDeviceContainer& accessPoint, const ns3::NetDeviceContainer& stations);
    /// A station is about to be used.
    static void Use(ns3::Ptr<ns3::NetDevice> station);

  private:
    void FrameBegins(ns3::WifiConstPsduMap frame, ns3::WifiTxVector vector, double powerW);
    double DoCalcRxPower(double txPowerDbm,
                         ns3::Ptr<ns3::MobilityModel> from,
                         ns3::Ptr<ns3::MobilityModel> to) const override;
    std::int64_t DoAssignStreams(std::int64_t stream) override;

    ns3::Mac48Address m_receiver; ///< of the frame that is being sent
};

} // namespace netgym
