"""Gymnasium environments behind channels: what crosses which channel, and what the agent sees of it.

`NetworkedEnv` lets observations cross a channel, `ActionChannelEnv` actions, `MultiViewEnv` the views of several
observers; `VectorNetworkedEnv` serves thousands of copies at once.
"""
