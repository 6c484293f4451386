"""Nodes that train one model together: workloads, replicas of the model, and strategies of what nodes exchange."""
