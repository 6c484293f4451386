"""Simulated one-way network paths: packets of so many bytes go in, and some of them come out later."""
