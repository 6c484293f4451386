"""Recorded networks: what a bottleneck could carry at which time, and the files that come with netgym."""
