// SPDX-License-Identifier: GPL-2.0-only
#include "radio/overhearing.h"

#include <ns3/node.h>
#include <ns3/pointer.h>
#include <ns3/simulator.h>
#include <ns3/wifi-net-device.h>
#include <ns3/wifi-phy.h>
#include <ns3/wifi-psdu.h>

namespace netgym
{

using namespace ns3;

const Time Overhearing::IDLE_AFTER = Seconds(1);

namespace
{

constexpr double NO_POWER_DBM = -1e3; // far below every radio's sensitivity

/// Where a station is, which is where its user is. A loss model is told places only, and a user
/// has several stations: each has a place of its own, by which it is known.
class StationPlace : public MobilityModel
{
  public:
    StationPlace(Ptr<MobilityModel> user, Mac48Address address)
        : m_user(user),
          m_address(address)
    {
        Use();
    }

    void Use()
    {
        m_usedAt = Simulator::Now();
    }

    bool IsIdle() const
    {
        return Simulator::Now() - m_usedAt > Overhearing::IDLE_AFTER;
    }

    Mac48Address Address() const
    {
        return m_address;
    }

  private:
    Vector DoGetPosition() const override
    {
        return m_user->GetPosition();
    }

    void DoSetPosition(const Vector& position) override
    {
        m_user->SetPosition(position);
    }

    Vector DoGetVelocity() const override
    {
        return m_user->GetVelocity();
    }

    Ptr<MobilityModel> m_user;
    Mac48Address m_address;
    Time m_usedAt;
};

Ptr<WifiPhy>
PhyOf(Ptr<NetDevice> device)
{
    return DynamicCast<WifiNetDevice>(device)->GetPhy();
}

} // namespace

NS_OBJECT_ENSURE_REGISTERED(Overhearing);

TypeId
Overhearing::GetTypeId()
{
    static TypeId tid = TypeId("netgym::Overhearing")
                            .SetParent<PropagationLossModel>()
                            .AddConstructor<Overhearing>();
    return tid;
}

void
Overhearing::Join(Ptr<YansWifiChannel> channel)
{
    PointerValue others;
    channel->GetAttribute("PropagationLossModel", others);
    SetNext(others.Get<PropagationLossModel>());
    channel->SetPropagationLossModel(this);
}

void
Overhearing::Add(const NetDeviceContainer& accessPoint, const NetDeviceContainer& stations)
{
    for (auto device = stations.Begin(); device != stations.End(); ++device)
    {
        PhyOf(*device)->SetMobility(
            CreateObject<StationPlace>((*device)->GetNode()->GetObject<MobilityModel>(),
                                       Mac48Address::ConvertFrom((*device)->GetAddress())));
    }
    const NetDeviceContainer all(accessPoint, stations);
    for (auto device = all.Begin(); device != all.End(); ++device)
    {
        PhyOf(*device)->TraceConnectWithoutContext("PhyTxPsduBegin",
                                                   MakeCallback(&Overhearing::FrameBegins, this));
    }
}

void
Overhearing::Use(Ptr<NetDevice> station)
{
    if (auto place = DynamicCast<StationPlace>(PhyOf(station)->GetMobility()))
    {
        place->Use();
    }
}

void
Overhearing::FrameBegins(WifiConstPsduMap frame, WifiTxVector, double)
{
    m_receiver = frame.begin()->second->GetAddr1(); // one: no frames for several users at once
}

double
Overhearing::DoCalcRxPower(double txPowerDbm, Ptr<MobilityModel> from, Ptr<MobilityModel> to) const
{
    if (auto sender = DynamicCast<StationPlace>(from))
    {
        sender->Use();
    }
    auto station = DynamicCast<StationPlace>(to);
    if (!station || m_receiver.IsGroup())
    {
        return txPowerDbm;
    }
    if (station->Address() == m_receiver)
    {
        station->Use();
    }
    return station->IsIdle() ? NO_POWER_DBM : txPowerDbm;
}

std::int64_t
Overhearing::DoAssignStreams(std::int64_t)
{
    return 0;
}

} // namespace netgym
