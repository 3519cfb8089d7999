"""The model that ships: trained on every subject, calibrated by its benchmark, described by its own artefacts."""
