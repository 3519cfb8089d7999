"""Tables 1 and 2 of the paper, to the image, on the real names of folds 0 and 1."""

import numpy as np
import pytest
from splitmaker import published

from leukolens.research import published as paper
from leukolens.research.augment.batches import balanced
from leukolens.research.data.cell import labels_of
from leukolens.research.data.split import PARTS, count, make_split


@pytest.mark.parametrize("fold", ["0", "1"])
def test_the_paper_split_and_its_balance_are_the_published_ones(fold: str) -> None:
    cells, digests = published(fold)
    split = make_split(cells, digests, protocol="paper", seed=0)
    counts = count(cells, split)
    for label in ("all", "hem"):
        assert (*(counts[part][label] for part in PARTS), len([c for c in cells if c.label == label])) == (
            paper.TABLE_1[fold][label]
        )
    train = np.array(split.rows["train"], np.int64)
    labels = labels_of(cells)[train]
    sample = balanced(train, labels, balance=True)
    assert (int((labels == 0).sum()), int((sample.labels == 0).sum())) == paper.TABLE_2[fold]
    assert int(sample.labels.sum()) == paper.TABLE_1[fold]["all"][0]
    assert int(sample.grey.sum()) == paper.TABLE_2[fold][0]
