"""Files for a user's own environment."""
