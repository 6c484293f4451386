"""Bandwidth traces: capacity, delay and loss of a bottleneck over time, and the files that come with netgym."""
