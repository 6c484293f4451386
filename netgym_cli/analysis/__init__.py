"""What is made of runs and channels afterwards: plots, lists, and channels fitted to simulated ones."""
