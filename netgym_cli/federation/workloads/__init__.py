"""What nodes learn, one module per workload."""
