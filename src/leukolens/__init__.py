"""LeukoLens: leukemic blast or normal cell, and how sure."""
__version__ = "0.1.0"
