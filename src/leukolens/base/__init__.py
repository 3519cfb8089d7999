"""What every room stands on: errors, files that appear whole, progress, provenance, work on all cores."""
