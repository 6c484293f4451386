"""Programs, configurations and data of NetworkGym and NetRL."""
