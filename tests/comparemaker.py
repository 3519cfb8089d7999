"""Measured experiments for tests: what `leukolens compare` reads."""

import json
from pathlib import Path

import numpy as np
from scipy.special import expit

SUBJECTS = [f"{'H' if n % 2 else 'P'}{n}" for n in range(16)]


def written(folder: Path, *, skill: float, noise: int, cells: int = 20, threshold: float = 0.5) -> Path:
    """An experiment's folder: p(ALL) by one hardness a subject, the same for every run, and `skill`."""
    shared, own = np.random.default_rng(1), np.random.default_rng(noise)
    lines = ["path,label,subject,fold,verdict,model_id,p_all_sigma_0"]
    for subject in SUBJECTS:
        hard = shared.normal(0, 2)
        for number in range(cells):
            sign = 1 if subject[0] == "P" else -1
            p_all = expit(sign * (skill + hard) + own.normal(0, 0.5))
            label = "ALL" if sign > 0 else "HEM"
            lines.append(f"{subject}/{number}.png,{label},{subject},-,{label},{noise:012d},{p_all:.6f}")
    folder.mkdir()
    (folder / "predictions.csv").write_text("\n".join(lines) + "\n")
    (folder / "held_out.json").write_text(json.dumps({"calibration": {"threshold": threshold}}))
    return folder
