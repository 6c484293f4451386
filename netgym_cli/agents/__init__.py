"""What acts and learns: rules, learners on Stable-Baselines3, offline learners, one PPO in a readable file."""
