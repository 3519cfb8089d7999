"""The paper again: a plan of runs, each kept and never repeated, then each table and figure beside the published."""
