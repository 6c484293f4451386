"""The simulators that a config can name: one module each."""
