"""The toy environment under an id, for `gymnasium.make("tests.support.toy_ids:Toy-v0")` from any process."""

from pathlib import Path

import gymnasium

CONF = Path(__file__).parent / "conf"
TOY = "tests.support.toy_ids:Toy-v0"

if "Toy-v0" not in gymnasium.registry:
    gymnasium.register(
        "Toy-v0", entry_point="netgym_cli.envs.make:make_env", kwargs={"name": "toy", "config_dir": str(CONF)}
    )
