"""ns-3 as a simulator, seen from the trainer: build, worker processes, the user's own scenarios."""
