"""How often a patient's interval holds the true share of blasts: mixtures of held-out subjects' cells.

python studies/mixtures.py [--results results/held-out-patients] [--out results/blast-share] [--mixtures 1000]
    [--worth 50] [--recipe half]

A mixture of n cells at share θ takes Binomial(n, θ) blasts of one ALL subject and the rest of one HEM subject, both
drawn anew: a donor first, each of the 12 alike, then an ALL subject of the same fold. Both were answered by the same
network, which had seen neither. The rule is fitted on the other fold's subjects alone ('other
fold': 3 or 9 donors) or, as that of the model that ships, on all subjects but these two ('all others').

The cells are real, each with the answer that it got (results/held-out-patients/answers). They are drawn with
replacement: 4 of the 12 donors have fewer than 100 cells, among them two of the three that are called wrongly most
often, and to leave them out would flatter.

Writes mixtures.csv and shares.png below --out and prints the table. A minute on one core.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from leukolens.base import atomic
from leukolens.decide.fit_share import WORTH, fit_share_rule
from leukolens.decide.share import BlastShare, ShareRule, blast_share, blast_shares
from leukolens.research.experiments.held_out_subjects import HeldOutSubject, held_out_subjects

LEVELS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
SIZES = (30, 100)
FITTED = ("other fold", "all others")
COLUMNS = ("fitted on", "cells", "true share", "coverage", "width", "told share", "above", "no sign")


@dataclass(frozen=True)
class Pair:
    """A network's ALL and HEM subject, and how often they are drawn."""

    blasts: HeldOutSubject
    donor: HeldOutSubject
    chance: float


def pairs(subjects: Sequence[HeldOutSubject]) -> list[Pair]:
    """Every pair of a fold and a training."""
    donors = [one for one in subjects if not one.blasts]
    found = []
    for donor in donors:
        beside = [one for one in subjects if one.blasts and (one.fold, one.seed) == (donor.fold, donor.seed)]
        found += [Pair(one, donor, 1 / len(donors) / len(beside)) for one in beside]
    return found


def rule_for(pair: Pair, subjects: Sequence[HeldOutSubject], *, fitted: str, worth: float = WORTH) -> ShareRule:
    """Of the same training's subjects; the pair is never among them. worth: of `ShareRule`."""
    apart = [one for one in subjects if one.seed == pair.donor.seed and one.fold != pair.donor.fold]
    if fitted == "all others":
        names = (pair.blasts.name, pair.donor.name)
        apart = [one for one in subjects if one.seed == pair.donor.seed and one.name not in names]
    blasts, normal = ([one.odds for one in apart if one.blasts == kind] for kind in (True, False))
    return replace(fit_share_rule(blasts, normal), worth=worth)


def bins_of(subject: HeldOutSubject, rule: ShareRule) -> NDArray[np.float64]:
    """(K,) share of the subject's cells in each bin of the rule."""
    bins = len(rule.edges) + 1
    return np.bincount(np.searchsorted(rule.edges, subject.p_all, side="right"), minlength=bins) / len(subject.p_all)


def mixed(
    subjects: Sequence[HeldOutSubject], *, fitted: str, worth: float, mixtures: int, random: np.random.Generator
) -> Mapping[tuple[int, float], list[BlastShare]]:
    """(cells, true share) → what is told of each mixture."""
    settings = [(size, level) for size in SIZES for level in LEVELS]
    every = pairs(subjects)
    chosen = random.choice(len(every), p=[one.chance for one in every], size=(len(settings), mixtures))
    found: dict[tuple[int, float], list[BlastShare]] = {one: [] for one in settings}
    for number, pair in enumerate(every):
        times = (chosen == number).sum(axis=1)
        mine = [setting for setting, count in zip(settings, times, strict=True) for _ in range(count)]
        if not mine:
            continue
        rule = rule_for(pair, subjects, fitted=fitted, worth=worth)
        sizes, levels = np.array(mine).T
        blasts = random.binomial(sizes.astype(int), levels)
        cells = random.multinomial(blasts, bins_of(pair.blasts, rule))
        cells += random.multinomial(sizes.astype(int) - blasts, bins_of(pair.donor, rule))
        for setting, told in zip(mine, blast_shares(cells, rule), strict=True):
            found[setting].append(told)
    return found


def two_people(subjects: Sequence[HeldOutSubject], *, draws: int, random: np.random.Generator) -> list[BlastShare]:
    """15 blasts and 10 normal cells as one patient, of each pair, by a rule of all others."""
    found = []
    for pair in pairs(subjects):
        rule = rule_for(pair, subjects, fitted="all others")
        for _ in range(draws):
            cells = (random.choice(pair.blasts.p_all, 15), random.choice(pair.donor.p_all, 10))
            found.append(blast_share(np.concatenate(cells), rule))
    return found


def row_of(told: Sequence[BlastShare], share: float) -> tuple[str, ...]:
    """Under the last columns."""
    held = np.mean([one.low <= share <= one.high for one in told])
    width = np.mean([one.high - one.low for one in told])
    middle = np.median([one.share for one in told])
    said = [np.mean([one.finding == finding for one in told]) for finding in ("above", "no sign")]
    return (f"{held:.3f}", f"{width:.2f}", f"{middle:.2f}", *(f"{one:.3f}" for one in said))


def draw(found: Mapping[str, Mapping[tuple[int, float], list[BlastShare]]], path: Path) -> None:
    """True share against told share: the median and the mean interval."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    for number, size in enumerate(SIZES, start=1):
        axes = figure.add_subplot(1, len(SIZES), number)
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        axes.axhline(0.2, color="0.8", linewidth=1, linestyle=":")
        for shift, (name, told) in zip((-0.008, 0.008), found.items(), strict=True):
            middle, low, high = (
                np.array([getattr(np, how)([getattr(one, end) for one in told[size, level]]) for level in LEVELS])
                for how, end in (("median", "share"), ("mean", "low"), ("mean", "high"))
            )
            reach = np.abs([np.minimum(low - middle, 0), np.maximum(high - middle, 0)])
            axes.errorbar(np.array(LEVELS) + shift, middle, reach, fmt="o", markersize=4, capsize=3, label=name)
        axes.set(
            title=f"{size} cells", xlabel="true share of blasts", ylabel="told share, mean interval", ylim=(-0.03, 1.03)
        )
        axes.legend(fontsize=8, loc="lower right")
    atomic.write_png(path, figure)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--results", type=Path, default=Path("results/held-out-patients"))
    options.add_argument("--out", type=Path, default=Path("results/blast-share"))
    options.add_argument("--recipe", default="leukolens")
    options.add_argument("--mixtures", type=int, default=1000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--worth", type=float, default=WORTH, help="print only, for another value than the rule's")
    args = options.parse_args()
    subjects, random = held_out_subjects(args.results, recipe=args.recipe), np.random.default_rng(args.seed)
    rows, shown = [], {}
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    for fitted in FITTED:
        shown[fitted] = mixed(subjects, fitted=fitted, worth=args.worth, mixtures=args.mixtures, random=random)
        for (size, level), told in shown[fitted].items():
            rows.append((fitted, str(size), f"{level:.2f}", *row_of(told, level)))
            print("| " + " | ".join(rows[-1]) + " |", flush=True)
    if args.worth != WORTH:
        return
    people = two_people(subjects, draws=3, random=random)
    shares, above = [one.share for one in people], np.mean([one.finding == "above" for one in people])
    print(f"15 + 10: {np.median(shares):.2f} in the median of {len(people)} draws, above the limit in {above:.2f}")
    atomic.write_csv(args.out / "mixtures.csv", COLUMNS, (dict(zip(COLUMNS, row, strict=True)) for row in rows))
    draw(shown, args.out / "shares.png")


if __name__ == "__main__":
    main()
