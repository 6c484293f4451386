"""The agents that a config can name: one module each."""
