"""The run folder: where its files lie, and tables and records that stay readable and true however a run ends."""
