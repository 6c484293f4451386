"""Fluid twins: networks of the environments as fast models in this process, one or thousands of them in one call."""
