"""The command line: one short typed function per verb, arguments, output, exit codes."""
