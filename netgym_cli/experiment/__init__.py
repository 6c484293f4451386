"""One run, from its config to its end: checks, training, progress, record and summary, whatever happens."""
