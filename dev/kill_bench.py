"""kill -9 at random moments of correcting and signing: is every acknowledged action there, and no signature half?

    python dev/kill_bench.py --kills 50 --seed 0
    python dev/kill_bench.py --kills 50 --store postgresql://user@host/database

A bench is started over a case of many patients. A reader goes through them: a word on each cell, then a signature.
At a moment drawn evenly the server is killed, and started again. What it had acknowledged must stand in the case as it
was acknowledged; what it had not may stand there, but whole; and `leukolens check` must find nothing.
"""

import argparse
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from leukolens import Case
from leukolens.cases.check import check_all
from leukolens.cases.record import Answer, Cell, Judged

SOURCE = Path(__file__).resolve().parents[1] / "src"
PASSWORD = "correct horse battery"
CELLS = 4
"""Of a patient."""


@dataclass
class Said:
    """What the server acknowledged."""

    words: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Cell → version and verdict."""
    signed: dict[str, str] = field(default_factory=dict)
    """Patient → digest that the signature holds."""


class Bench:
    """One run of the server, until it is killed."""

    def __init__(self, where: str, folder: Path) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        place = ["--store", where] if "://" in where else [where]
        options = ["--port", str(port), "--no-browser", "--readers", str(folder / "readers.json")]
        command = [sys.executable, "-m", "leukolens", "review", *place, *options, "--uploads", str(folder / "uploads")]
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        told = re.search(r"http://\S+", line)
        if told is None:
            raise AssertionError(line + self.process.stderr.read())
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, follow_redirects=True)
        transport = httpx.HTTPTransport(retries=8)  # until it listens
        self.client._transport = transport
        page = self.client.get(told[0]).text
        found_token = re.search(r'data-csrf="([^"]+)"', page)
        assert found_token is not None
        self.client.headers["X-CSRF-Token"] = found_token[1]

    def post(self, address: str, **body: Any) -> Any:
        answer = self.client.post(f"/api/cases/1/{address}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, address: str) -> Any:
        return self.client.get(f"/api/cases/1/{address}").json()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()
        self.client.close()


def work(bench: Bench, said: Said, drawn: random.Random) -> None:
    """Go through the patients that are not signed, until the server is gone."""
    try:
        for patient in bench.get("patients"):
            if patient["state"] == "signed":
                continue
            cells = bench.get(f"patients/{patient['id']}/cells")
            version = max(cell["word"]["version"] for cell in cells)
            for cell in cells:
                verdict = drawn.choice(("ALL", "HEM", "other kind"))
                word = bench.post(f"cells/{cell['id']}/review", verdict=verdict, expected=cell["word"]["version"])
                said.words[cell["id"]] = word["version"], verdict
                version = word["version"]
            given = {"role": "technician", "meaning": "read", "password": PASSWORD, "expected": version}
            signature = bench.post(f"patients/{patient['id']}/signature", **given)
            said.signed[patient["name"]] = signature["signed"]
    except (httpx.TransportError, OSError):
        return


def compare(where: str, said: Said, name: str) -> int:
    """Every acknowledged action stands in the case. Returns how many signatures stand there."""
    with Case.open(where, name=name) as case:
        assert (found := check_all(case).findings) == (), found
        with case.reading() as connection:
            words = {
                row.cell_id: (row.id, row.verdict)
                for row in connection.exec_driver_sql("SELECT id, cell_id, verdict FROM reviews ORDER BY id")
            }
            rows = connection.exec_driver_sql("SELECT patient, signed FROM signatures").all()
    for cell, (version, verdict) in said.words.items():
        assert words[cell][0] >= version, (cell, words[cell], version)
        assert words[cell][0] > version or words[cell][1] == verdict, (cell, words[cell], verdict)
    signed = dict(map(tuple, rows))
    assert len(signed) == len(rows)
    for patient, digest in said.signed.items():
        assert signed[patient] == digest, patient
    return len(signed)


def kill_often(where: str, folder: Path, *, kills: int, seed: int, longest: float, name: str = "") -> dict[str, int]:
    """Do it; raises AssertionError where anything is lost. longest: seconds that a run may live."""
    answer = {"model_id": "0123456789ab", "version": "0.1.0", "verdict": "uncertain", "p_all": 0.5, "judged_at": ""}
    with Case.create(where, name=name) as case:
        for patient in range(8 * kills + 4):
            judged = [Answer(cell=Cell(), **answer) for _ in range(CELLS)]  # type: ignore[arg-type]
            case.add(
                [
                    Judged(path=f"{patient}-{n}.bmp", sha256="0" * 64, patient=f"P{patient:05}", answers=(one,))
                    for n, one in enumerate(judged)
                ]
            )
    drawn, said = random.Random(seed), Said()
    bench = Bench(where, folder)
    assert bench.client.post("/password", data={"password": PASSWORD}).status_code == 204
    for _ in range(kills):
        worker = threading.Thread(target=work, args=(bench, said, drawn))
        worker.start()
        worker.join(timeout=drawn.uniform(0, longest))
        bench.kill()
        worker.join()
        compare(where, said, name)
        bench = Bench(where, folder)
    bench.kill()
    return {"kills": kills, "words": len(said.words), "signatures": compare(where, said, name)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=1.5, help="seconds until a kill, at most")
    parser.add_argument("--store", help="a new PostgreSQL database instead of a file")
    arguments = parser.parse_args()
    given = {"kills": arguments.kills, "seed": arguments.seed, "longest": arguments.longest}
    with tempfile.TemporaryDirectory(prefix="kill-bench-") as folder:
        found = kill_often(arguments.store or str(Path(folder, "day.case")), Path(folder), **given)
    print(f"killed {found['kills']} times: {found['words']} words and {found['signatures']} signatures, none lost")


if __name__ == "__main__":
    main()
