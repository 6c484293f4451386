"""No channel."""

from netgym_cli.channels import Channel


class NoChannel(Channel):
    """Leaves observations and actions as they are."""
