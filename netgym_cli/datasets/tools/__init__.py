"""One module per verb of `netgym data`, and what these modules share."""
