"""What every room may use: errors, names to classes, files written whole, where a result came from, statistics."""
