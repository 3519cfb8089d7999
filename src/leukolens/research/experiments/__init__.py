"""What holds for held-out patients: experiments by subject, what a leak is worth, shortcuts, calibration, report."""
