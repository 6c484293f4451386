"""How nodes exchange data of equal size, one module per collective."""
