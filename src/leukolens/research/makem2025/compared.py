"""Figure 9 of Makem et al. 2025 with every system, and what the paper could not show: accuracy against cost."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from leukolens.base import atomic
from leukolens.research.evaluate.blocks import Picture
from leukolens.research.evaluate.bootstrap import intervals
from leukolens.research.makem2025.results import Result

SHADES = ("0.55", "black", "0.75")
"""A fold each."""
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
"""Of the cost axis, 10⁹ multiplications."""
VARIANTS = ("mcn", "mobilenet_m_steps", "mobilenet_m_beside")
"""MobileNet_M under other settings: it costs the same."""


def comparison(results: Sequence[Result], folder: Path) -> list[Picture]:
    """Figure 9 with every system: accuracy of each fold with its interval, and on patients never seen."""
    by_name: dict[str, list[Result]] = {}
    for result in results:
        if result.confusions:
            by_name.setdefault(result.job.system.name, []).append(result)
    if not by_name:
        return []
    names = sorted(by_name, key=lambda name: -float(np.mean([r.metric("accuracy") for r in by_name[name]])))
    folds = sorted({result.job.fold for result in results})
    figure = Figure(figsize=(8, 0.24 * len(names) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    for place, name in enumerate(names):
        for result in by_name[name]:
            number = folds.index(result.job.fold)
            shade = SHADES[number % len(SHADES)]
            height = place + 0.3 * (number - (len(folds) - 1) / 2)
            interval = intervals(result.confusions[0.0], seed=0)["accuracy"]
            axes.plot((interval.low, interval.high), (height, height), color=shade, linewidth=1.2)
            axes.plot(result.metric("accuracy"), height, "o", color=shade, markersize=4)
            if result.unseen is not None:
                axes.plot(result.unseen.value, height, "|", color=shade, markersize=8)
    for number, fold in enumerate(folds):
        shade = SHADES[number % len(SHADES)]
        axes.plot([], [], "o-", color=shade, markersize=4, label=f"fold {fold}, by image")
        axes.plot([], [], "|", color=shade, markersize=8, label="the same, patients never seen")
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel("accuracy")
    axes.grid(axis="x", color="0.9")
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2 * len(folds), fontsize=8, frameon=False)
    path = folder / "figure_9.png"
    atomic.write_png(path, figure)
    return [Picture(path=path, caption="Figure 9: every system that was run, with 95 % intervals over images")]


def accuracy_against_cost(results: Sequence[Result], folder: Path) -> list[Picture]:
    """Why MobileNet: what each network's multiplications buy, on the fold that most networks were run on."""
    measured = [r for r in results if r.confusions and r.cost is not None and r.job.system.name not in VARIANTS]
    if not measured:
        return []
    count = Counter(result.job.fold for result in measured)
    fold = max(sorted(count), key=count.__getitem__)
    figure = Figure(figsize=(7.5, 4.6), layout="constrained")
    axes = figure.add_subplot()
    shown = [r for r in measured if r.job.fold == fold]
    points = [(r.cost.giga_macs, r.metric("accuracy")) for r in shown if r.cost is not None]
    for place, result in enumerate(shown):
        (cost, accuracy), name = points[place], result.job.system.name
        own = name.startswith("mobilenet_m")
        shade = "black" if own else "0.45"
        interval = intervals(result.confusions[0.0], seed=0)["accuracy"]
        axes.plot((cost, cost), (interval.low, interval.high), color="0.75", linewidth=1)
        axes.plot(cost, accuracy, "o", color=shade, markersize=6)
        if result.unseen is not None:
            axes.plot(cost, result.unseen.value, "o", color=shade, markersize=5, fillstyle="none")
        weight = "bold" if own else "normal"
        offset, side = _name_at(place, points)
        axes.annotate(name, (cost, accuracy), offset, textcoords="offset points", fontsize=8, weight=weight, ha=side)
    axes.plot([], [], "o", color="0.45", label="by image, as in the paper (95 % interval)")
    axes.plot([], [], "o", color="0.45", fillstyle="none", label="patients never seen")
    axes.set_xscale("log")
    axes.set_xlim(0.1, 40)
    axes.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("multiplications of one image, 10⁹")
    axes.set_ylabel(f"accuracy, fold {fold}")
    axes.grid(color="0.93")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    path = folder / "accuracy_against_cost.png"
    atomic.write_png(path, figure)
    return [Picture(path=path, caption=f"Why MobileNet: accuracy against cost, fold {fold}")]


def _name_at(mine: int, points: Sequence[tuple[float, float]]) -> tuple[tuple[int, int], str]:
    """Where that point's name is clear of the others': its offset from the point, and which of its ends is there."""
    cost, accuracy = points[mine]
    near = [place for place, (_, other) in enumerate(points) if abs(other - accuracy) < 0.015 and place != mine]
    above = [place for place in near if (points[place][1], mine) > (accuracy, place)]  # of equals, the earlier one
    if any(1 / 1.05 < points[place][0] / cost < 1.05 for place in above):
        return (6, -10), "left"
    crowded = any(1.05 <= points[place][0] / cost < 3 for place in near)
    return ((-6, 3), "right") if crowded else ((6, 3), "left")


def learning(results: Sequence[Result], folder: Path) -> list[Picture]:
    """Accuracy against epochs of the networks on the short schedule: whether each had ended."""
    shown = [r for r in results if r.history and r.job.system.settings and r.job.system.settings.schedule == "cosine"]
    if not shown:
        return []
    across = min(4, len(shown))
    down = -(-len(shown) // across)
    figure = Figure(figsize=(2.2 * across, 1.7 * down + 0.4), layout="constrained")
    for place, result in enumerate(shown):
        axes = figure.add_subplot(down, across, place + 1)
        numbers = [epoch.number for epoch in result.history]
        axes.plot(numbers, [epoch.train_accuracy for epoch in result.history], "--", color="0.55", label="training")
        axes.plot(numbers, [epoch.val_accuracy for epoch in result.history], "-", color="black", label="validation")
        axes.set_title(f"{result.job.system.name}, fold {result.job.fold}", fontsize=7)
        axes.set_ylim(0.5, 1)
        axes.set_xticks(numbers[:: -(-len(numbers) // 6)])
        axes.tick_params(labelsize=6)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    path = folder / "learning.png"
    atomic.write_png(path, figure)
    return [Picture(path=path, caption="Accuracy against epochs, on the schedule that all networks share")]
