"""Agents compared on the same new seeds: sessions, intervals, paired differences, tables."""
