"""Sessions and jobs played side by side in processes of their own: whatever dies there, this process says what it was.

A worker program reads one line of JSON per session from standard input and answers with lines of JSON: events while
it plays, and `{"done": ...}` at the end, or an error.
"""
