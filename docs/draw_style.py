"""What the pictures of the documents share: colours, fonts, and a config as it comes from YAML."""

from netgym_cli.analysis.network_map import BLUE, GREEN, GREY, ORANGE, PURPLE, STYLE, Config

__all__ = ["BLUE", "GREEN", "GREY", "ORANGE", "PURPLE", "STYLE", "Config"]
