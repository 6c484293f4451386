"""Agents that learn from a dataset: what they share, and each one's algorithm in a file that reads like its paper.

`agent` and `config` import no library; everything else here is imported when an agent learns.
"""
