"""The research wing: data, networks, training, evaluation, experiments, the paper. Judging cells needs none of it."""
