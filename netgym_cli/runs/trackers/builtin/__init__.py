"""One tracker per module; the module's name is the name used in the config."""
