"""What the pictures of the documents share: colours, fonts, and a config as it comes from YAML."""

from typing import Any

Config = dict[str, Any]
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072b2", "#d55e00", "#009e73", "#8c5fa8", "#9a9a9a"
STYLE: Any = {
    "svg.hashsalt": "netgym", "font.size": 9, "font.family": "DejaVu Sans", "axes.spines.top": False,
    "axes.spines.right": False, "legend.frameon": False, "hatch.linewidth": 0.8,
}  # fmt: skip
