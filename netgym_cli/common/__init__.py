"""What every room may use: errors, registries, atomic files, provenance of results, statistics, texts of spaces."""
