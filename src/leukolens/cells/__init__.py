"""RGB → what is measured of a cell, and why an image is not one."""
