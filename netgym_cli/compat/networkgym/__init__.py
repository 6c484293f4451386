"""NetworkGym's client interface, configurations of every generation and offline data."""
