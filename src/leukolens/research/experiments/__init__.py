"""What holds for patients never seen: trials by subject, what a leak is worth, shortcuts, calibration, a report."""
