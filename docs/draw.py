"""Draws every environment's topology from its config: `python docs/draw.py [ENV ...]` writes docs/pictures/ENV.svg.

`channels` draws packets on a link and the window they fill.

It needs matplotlib. The same config gives the same file, byte for byte, with the same release of matplotlib.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from draw_paths import channels, custom, distributed_training, gym, rmcat
from draw_style import STYLE, Config
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from omegaconf import OmegaConf

from netgym_cli.analysis.network_map import energy_saving, multi_access, network_slicing
from netgym_cli.config.compose import compose

FOLDER = Path(__file__).parent / "pictures"
PICTURES: dict[str, Callable[[Config], Figure]] = {
    "custom": custom, "distributed_training": distributed_training, "dynamic_qos": multi_access,
    "energy_saving": energy_saving, "gym": gym,
    "network_slicing": network_slicing, "nqos_split": multi_access, "qos_steer": multi_access, "rmcat": rmcat,
}  # fmt: skip


def main(names: Sequence[str]) -> None:
    """Draws the named environments, or all."""
    FOLDER.mkdir(exist_ok=True)
    for name in names or (*PICTURES, "channels"):
        if name == "channels":
            with plt.rc_context(STYLE):
                save(channels(), name)
            continue
        env: Config = OmegaConf.to_container(compose([f"env={name}"]).env, resolve=True)  # type: ignore[assignment]
        with plt.rc_context(STYLE):
            save(PICTURES[name](env), name)


def save(figure: Figure, name: str) -> None:
    """Writes the picture of that name."""
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


if __name__ == "__main__":
    main(sys.argv[1:])
