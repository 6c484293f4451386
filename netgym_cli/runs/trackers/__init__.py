"""Trackers of experiments, such as Weights & Biases: a run's figures go there, too, and nothing depends on them."""
