"""The config: schema and ranges, Hydra's composition, the user's files, messages about what is wrong in them."""
