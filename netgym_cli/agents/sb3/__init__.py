"""The learners on Stable-Baselines3: settings, construction, training, warm start."""
