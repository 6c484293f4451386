"""What is done with datasets once they are there: listed, shown, checked, exported, imported, merged."""
