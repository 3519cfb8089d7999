"""answers and truth → how good the answers are, with intervals over subjects. numpy only."""
