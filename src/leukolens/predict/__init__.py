"""Files → predictions: what is asked for, whose cell it shows, and what the model says of it."""
