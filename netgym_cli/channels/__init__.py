"""A channel is the network between the agent and its environment: what it does to observations and actions.

To add a channel: one module here whose name is the channel's, with one `Channel` subclass and its config record, and
one YAML file of the same name in conf/channel/.
"""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from netgym_cli.config import ChannelConfig
from netgym_cli.registry import Registry


class Channel(ABC):  # noqa: B024 (the base leaves everything as it is)
    """Between an agent and its environment.

    Attributes:
        config_schema: the dataclass of the channel's YAML file.
    """

    config_schema: ClassVar[type[ChannelConfig]] = ChannelConfig

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config


registry: Registry[Channel] = Registry("channel", __name__, Channel)
