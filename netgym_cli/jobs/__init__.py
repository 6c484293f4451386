"""Sessions played side by side in processes of their own: whatever dies there, this process lives and says what it was.

A program of the crew reads one line of JSON per session from standard input and answers with lines of JSON: news while
it plays, and `{"done": ...}` at the end, or an error.
"""
