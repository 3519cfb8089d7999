"""The model file: its card, the one crop and resize before it, and how far a cell lies from those it knows."""
