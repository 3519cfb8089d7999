"""Scores → a cell's verdict; a patient's cells → what is said of the patient. Pure functions, and the only place."""
