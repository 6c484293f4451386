"""Models of how long messages take, one module per model."""
