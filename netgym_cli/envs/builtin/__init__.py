"""The environments that a config can name: one module each."""
