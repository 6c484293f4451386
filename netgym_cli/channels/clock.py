"""When something counts as earlier, although times are rounded."""

# How far before a time a packet must have arrived to count as arrived before it, in steps: so times that are multiples
# of a step but for rounding fall into the right step, up to 1e9 steps in an episode.
SLACK_STEPS = 1e-6
