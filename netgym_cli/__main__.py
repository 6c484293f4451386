"""`python -m netgym_cli` is `netgym`."""

from netgym_cli.cli import main

main()
