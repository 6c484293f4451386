"""Tables and records that stay readable and true however a run ends."""
