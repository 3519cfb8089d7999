"""Stored cells → what training sees: balance, noise, geometry, colour."""
