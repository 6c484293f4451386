"""Nodes that train one model together, in this process and in virtual time."""
