"""What an environment of nodes that train one model together is made of."""
