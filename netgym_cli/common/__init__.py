"""What every room may use: errors, registries, atomic files, locks, signals, provenance, statistics, space texts."""
