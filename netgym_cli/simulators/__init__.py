"""What answers an action with measurements: the Simulator interface, statistics as arrays, ns-3 behind a process."""
