"""What nodes exchange and how it is applied, one module per strategy."""
