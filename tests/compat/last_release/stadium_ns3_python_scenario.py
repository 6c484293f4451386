# SPDX-License-Identifier: GPL-2.0-only
"""Users whose UDP flows share one bottleneck link, built with ns-3's Python bindings.

A session runs `scenario` in a process of its own. netgym has seeded ns-3 before; everything drawn from ns-3's random
variables depends on the session's seed alone.
"""

from collections.abc import Generator
from typing import Any

import numpy as np
from ns import ns

FIRST_PORT = 5000


def scenario(settings: dict[str, Any], seed: int) -> Generator[dict[str, Any], np.ndarray | None, None]:
    """Yields the measurement of each interval, gets the sending rates for the next one, Mbit/s (None: equal shares)."""
    users, interval_ms = settings["num_users"], settings["measurement_interval_ms"]
    default_mbps = settings["default_load"] * settings["bottleneck_mbps"] / users
    default = np.full(users, min(default_mbps, settings["max_rate_mbps"]))

    # 1. The network: a server and a receiver, with the bottleneck between them.
    nodes = ns.NodeContainer(2)
    ns.InternetStackHelper().Install(nodes)
    link = ns.PointToPointHelper()
    link.DisableFlowControl()  # or ns-3 would put a queue of its own in front of the bottleneck's
    link.SetDeviceAttribute("DataRate", ns.StringValue(f"{settings['bottleneck_mbps']}Mb/s"))
    link.SetChannelAttribute("Delay", ns.StringValue(f"{settings['bottleneck_delay_ms']}ms"))
    link.SetDeviceAttribute("Mtu", ns.UintegerValue(1500))
    devices = link.Install(nodes)
    queue = ns.CreateObject[ns.DropTailQueue[ns.Packet]]()
    queue.SetAttribute("MaxSize", ns.StringValue(f"{settings['queue_packets']}p"))
    devices.Get(0).SetAttribute("TxQueue", ns.PointerValue(queue))
    addresses = ns.Ipv4AddressHelper(ns.Ipv4Address("10.0.0.0"), ns.Ipv4Mask("255.255.255.0")).Assign(devices)

    # 2. The traffic: a flow per user that is on half of the time, for times drawn by the seed.
    sources = []
    for user in range(users):
        address = ns.InetSocketAddress(addresses.GetAddress(1), FIRST_PORT + user).ConvertTo()
        ns.PacketSinkHelper("ns3::UdpSocketFactory", address).Install(nodes.Get(1))
        helper = ns.OnOffHelper("ns3::UdpSocketFactory", address)
        helper.SetAttribute("PacketSize", ns.UintegerValue(settings["packet_size_bytes"]))
        for key in ("OnTime", "OffTime"):
            helper.SetAttribute(key, ns.StringValue("ns3::ExponentialRandomVariable[Mean=0.05]"))
        sources.append(helper.Install(nodes.Get(0)).Get(0))
    monitors = ns.FlowMonitorHelper()
    monitor = monitors.InstallAll()

    def totals() -> np.ndarray:
        """Bytes received, bytes sent, packets received, delay in s, packets lost so far; one column per user."""
        sums = np.zeros((5, users))
        for flow, stats in monitor.GetFlowStats():
            user = monitors.GetClassifier().FindFlow(flow).destinationPort - FIRST_PORT
            delay_s = stats.delaySum.GetSeconds()
            sums[:, user] = stats.rxBytes, stats.txBytes, stats.rxPackets, delay_s, stats.lostPackets
        return sums

    def run(duration_ms: float) -> None:
        if duration_ms > 0:
            ns.Simulator.Stop(ns.MicroSeconds(int(duration_ms * 1e3)))
            ns.Simulator.Run()

    policy = None
    owd_ms = np.zeros(users)
    run_first_ms = settings["measurement_start_time_ms"]
    while True:
        # 3. What the agent decides, from the next packet on.
        for source, rate_mbps in zip(sources, default if policy is None else policy, strict=True):
            source.SetAttribute("DataRate", ns.StringValue(f"{2e6 * rate_mbps:.0f}b/s"))

        # 4. What is measured in each interval. Without deliveries, the delay is the last one known.
        run(run_first_ms + settings["measurement_guard_interval_ms"])
        run_first_ms = 0
        before = totals()
        run(interval_ms)
        received, sent, packets, delay_s, lost = totals() - before
        owd_ms = np.where(packets > 0, 1e3 * delay_s / np.maximum(packets, 1), owd_ms)
        policy = yield {
            "stadium_ns3_python::rate": ("Mbit/s", received * 8e-3 / interval_ms),
            "stadium_ns3_python::tx_rate": ("Mbit/s", sent * 8e-3 / interval_ms),
            "stadium_ns3_python::owd": ("ms", owd_ms),
            "stadium_ns3_python::loss": ("%", 100 * lost / np.maximum(lost + packets, 1)),
        }
