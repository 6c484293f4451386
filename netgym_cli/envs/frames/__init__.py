"""What somebody sees of a network: the measurements of one moment as text, and as a picture."""
