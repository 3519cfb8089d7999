"""What users get of a day's cells: rows as CSV and JSON Lines, patients, and one HTML page. docs/predictions.md."""
