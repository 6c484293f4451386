"""Files for an environment of one's own."""
