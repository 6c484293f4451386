"""The plan of a run's sessions, and the one environment through which an agent goes through it."""
