"""Datasets made by letting one agent act on many sessions, played side by side and continued after any interruption.

A dataset's plan says how many episodes the session of each seed has. Sessions are deterministic, so a session that was
cut off is played again from its start, and the episodes that are there already are compared, not stored twice.
"""
