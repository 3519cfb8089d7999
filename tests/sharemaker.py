"""A share rule for tests: two bins of p(ALL), and subjects of whom everything is known."""

from leukolens.decide.share import ShareRule

SHARE_RULE = ShareRule(
    edges=(0.5,),
    blasts=((0.2, 0.8), (0.1, 0.9), (0.05, 0.95)),
    normal=((0.9, 0.1), (0.8, 0.2), (0.7, 0.3)),
    worth=100,
    support=0.1,
    min_cells=2,
    hues=(283.5, 296.0),
)
