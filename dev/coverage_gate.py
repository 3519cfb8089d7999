"""What share of the laboratory's wing the tests run; exits 1 below the limit. `make test` calls it.

    python dev/coverage_gate.py .coverage.json

Lines count towards the limit, for a line that never runs is untested for sure; branches are reported.
"""

import json
import sys
from pathlib import Path

LINES = 95.0
"""Per cent of lines, at least."""


def main(report: Path) -> int:
    totals = json.loads(report.read_text())["totals"]
    lines = 100 * totals["covered_lines"] / totals["num_statements"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    print(f"laboratory's wing: {lines:.1f} % of lines (at least {LINES:g} %), {branches:.1f} % of branches")
    return int(lines < LINES)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
