"""What the environments on the multi-access network (Wi-Fi, NR and LTE) share."""
