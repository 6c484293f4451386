"""The config of the small cells that can sleep."""
