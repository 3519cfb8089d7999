"""folder → dataset → split: which cells there are, whose they are, and which part each one stands in."""
