"""The config: schema and ranges, Hydra's composition, the user's files, messages about what is wrong in them."""

from netgym_cli.common.exports import exports

__getattr__ = exports(
    __name__,
    {
        "AgentConfig": "schema",
        "ChannelConfig": "schema",
        "EnvConfig": "schema",
        "RunConfig": "schema",
        "SimulatorConfig": "schema",
        "one_of": "fields",
        "plain": "schema",
        "ranged": "fields",
        "require": "schema",
        "such_that": "fields",
        "typed": "schema",
    },
)
