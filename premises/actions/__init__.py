"""What is done with premises, one file per noun."""
