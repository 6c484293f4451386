// SPDX-License-Identifier: Apache-2.0
// A competing flow of constant rate.
#pragma once
#include "media/media_network.h"

namespace fluid
{

class UdpFlow
{
  public:
    static constexpr std::uint8_t KIND = 2;

    /// Bytes and rate are those of IP packets.
    UdpFlow(int index, std::uint32_t packetBytes, double rateKbps)
        : m_index(index),
          m_packetBytes(packetBytes),
          m_gapNs(ToNs(packetBytes * 8 / rateKbps))
    {
    }

    void Start(std::int64_t startNs, MediaNetwork& network)
    {
        network.Plan(startNs, Happening::UDP_SEND, m_index);
    }

    void SendNext(MediaNetwork& network)
    {
        network.Send({KIND, static_cast<std::uint8_t>(m_index), m_packetBytes, 0, network.NowNs()});
        network.Plan(network.NowNs() + m_gapNs, Happening::UDP_SEND, m_index);
    }

  private:
    int m_index;
    std::uint32_t m_packetBytes;
    std::int64_t m_gapNs;
};

} // namespace fluid
