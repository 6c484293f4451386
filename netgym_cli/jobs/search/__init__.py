"""Searches: sweeps whose points Optuna chooses, each after what the ones before it have shown."""
