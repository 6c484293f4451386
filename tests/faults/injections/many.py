"""Many sessions and environments in one process: nothing piles up."""

import json
import subprocess
import sys

from tests.faults.injections.registry import Bench, fault

PROGRAM = """
import json, os, sys
import gymnasium, netgym_cli
sessions, at_once = map(int, sys.argv[1:])
def state():
    resident = int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    children = sum(len(open(f"/proc/self/task/{t}/children").read().split()) for t in os.listdir("/proc/self/task"))
    return {"descriptors": len(os.listdir("/proc/self/fd")), "children": children, "mb": resident}
def session(seed):
    env = gymnasium.make("netgym/rmcat-v0", seed=seed, steps_per_episode=2, episodes_per_session=1)
    env.reset(); env.step(env.action_space.sample())
    return env
session(0).close()
for seed in range(sessions // 10): session(seed).close()
before = state()
for seed in range(sessions): session(seed).close()
after = state()
envs = [session(seed) for seed in range(at_once)]
[env.close() for env in envs]
del envs
dropped = [session(seed) for seed in range(at_once)]
del dropped
import gc; gc.collect()
print(json.dumps([before, after, state()]))
"""


@fault("200 sessions in one process, 16 at once, 16 dropped", times=1, one_run=False)
def many(bench: Bench) -> str:
    command = [sys.executable, "-c", PROGRAM, "200", "16"]
    done = subprocess.run(command, cwd=bench.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    before, after, last = json.loads(done.stdout)
    assert (before["descriptors"], before["children"]) == (after["descriptors"], after["children"]), (before, after)
    assert last["descriptors"] <= before["descriptors"] and last["children"] == before["children"], (before, last)
    assert after["mb"] - before["mb"] < 10, (before, after)
    return "nothing piled up"
