"""The config of media flows through a bottleneck."""
