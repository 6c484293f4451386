// SPDX-License-Identifier: GPL-2.0-only
// What users download: constant or Poisson UDP, and full-buffer TCP under any ns-3 congestion
// control.
#pragma once
#include "bridge/settings.h"
#include "traffic/swing.h"

#include <ns3/address.h>
#include <ns3/application.h>
#include <ns3/event-id.h>
#include <ns3/random-variable-stream.h>
#include <ns3/socket.h>

#include <string>

namespace netgym
{

/// Sends UDP packets of one size at a mean rate.
class UdpSource : public ns3::Application
{
  public:
    static ns3::TypeId GetTypeId();
    UdpSource();

    ns3::Address destination;
    double rateMbps{0};
    std::uint32_t packetBytes{0};
    bool poisson{false};
    Swing swing;

  private:
    void StartApplication() override;
    void StopApplication() override;
    void SendNext();

    ns3::Ptr<ns3::Socket> m_socket;
    ns3::Ptr<ns3::ExponentialRandomVariable> m_gap;
    ns3::EventId m_next;
};

/// Sets what every TCP connection of this simulation has from now on: the timers and
/// retries of `tcp.*` and socket buffers of so many bytes at both ends.
void SetTcpDefaults(const Settings& settings, std::uint32_t bufferBytes);

/// Keeps a TCP connection's send buffer full.
class TcpSource : public ns3::Application
{
  public:
    static ns3::TypeId GetTypeId();

    ns3::Address destination;
    std::string congestionControl; ///< ns-3 type name without "ns3::"
    std::uint32_t segmentBytes{0};

  private:
    void StartApplication() override;
    void StopApplication() override;
    void Fill(ns3::Ptr<ns3::Socket> socket, std::uint32_t);
    void Connected(ns3::Ptr<ns3::Socket> socket);

    ns3::Ptr<ns3::Socket> m_socket;
};

} // namespace netgym
