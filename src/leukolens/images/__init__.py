"""bytes → RGB: which formats are taken, and which images are refused."""
