"""`python -m netgym_cli` is `netgym`."""

from netgym_cli.cli.app import main

main()
