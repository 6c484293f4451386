"""Child processes that end with this one: a pool that plays sessions side by side, and sweeps with their jobs.

A worker program reads one line of JSON per session from standard input and answers with lines of JSON: events while
it plays, and `{"done": ...}` at the end, or an error.
"""
