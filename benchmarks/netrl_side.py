"""NetRL's side of benchmarks/channels.py: run by a Python that has NetRL, it times what it is asked for.

Reads lines of JSON, `[case, what, number]`, and answers each with seconds; its first line says that it is ready.
"""

from __future__ import annotations

import json
import os
import sys

import netrl
from netrl.channels.ns3_wifi_fast_config import NS3WiFiChannelFastConfig
from stepping import cart_pole, cpu_steps, resets, steps

WALKS = {"steps": steps, "cpu_steps": cpu_steps, "resets": resets}


def main() -> None:
    """Answers until its input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what ns-3 or NetRL print is no answer
    wifi = NS3WiFiChannelFastConfig(distance_m=15.0, step_duration_ms=5.0, packet_size_bytes=256)
    envs = {
        "bare": cart_pole(),
        "gilbert_elliott": netrl.NetworkedEnv(cart_pole(), netrl.NetworkConfig()),
        "wifi": netrl.NetworkedEnv(cart_pole(), netrl.NetworkConfig(), channel_config=wifi),
    }
    for env in envs.values():
        env.reset(seed=1)
        steps(env, 100)
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        case, what, number = json.loads(line)
        print(WALKS[what](envs[case], number), file=answers, flush=True)


if __name__ == "__main__":
    main()
