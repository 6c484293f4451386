"""Messages between nodes: topologies, collectives as lists of messages, and networks that say when each arrives."""
