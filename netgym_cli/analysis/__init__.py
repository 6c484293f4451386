"""What is made of runs and channels afterwards: plots, and channels fitted to simulated ones."""
