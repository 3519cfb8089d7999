"""An archive in a real S3 server, judged by Ray's workers: the answers are those of `leukolens predict`; a worker that
is killed in the middle loses nothing and doubles nothing."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from descendants import judging
from fieldmaker import field
from PIL import Image
from slidemaker import write_pyramid
from storekeeper import BUCKET, s3_server, upload

from leukolens.archive import files
from leukolens.archive.run import RUN, judge_archive
from leukolens.base.errors import OutputError
from leukolens.cases.fill import judge
from leukolens.model.network_file import SHIPPED
from leukolens.predict.classifier import Classifier
from leukolens.predict.items import gather

pytestmark = pytest.mark.usefixtures("one_ray")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as address:
        yield address


def rows_in(out: str) -> list[dict[str, object]]:
    found = []
    for name in files.names_in(out):
        if name != RUN:
            found += pq.read_table(io.BytesIO(files.read(files.joined(out, name)))).to_pylist()
    return found


def kill_a_worker(killed: list[int]) -> None:
    """The first that is seen at a part, once."""
    until = time.monotonic() + 120
    while not killed and time.monotonic() < until:
        for process in judging(os.getpid()):
            os.kill(process, signal.SIGKILL)
            killed.append(process)
            return
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_an_archive_is_judged_as_predict_does_though_a_worker_is_killed(
    server: str, cells: Path, tmp_path: Path
) -> None:
    shutil.copytree(cells / "fold_0", tmp_path / "day/cut-outs")
    Image.fromarray(field()).save(tmp_path / "day/field.png")
    write_pyramid(tmp_path / "day/slide.tif", field(0.25))
    urls = upload(tmp_path / "day", "day")
    out, killed = f"s3://{BUCKET}/answers", list[int]()
    killer = threading.Thread(target=kill_a_worker, args=(killed,))
    killer.start()
    found = judge_archive([f"s3://{BUCKET}/day"], out, model=SHIPPED, workers=2, part=8)
    killer.join()
    assert len(killed) == 1
    assert found.files == len(urls)
    rows = rows_in(out)
    counted = Counter((row["path"], row["cell"]) for row in rows)
    assert set(counted.values()) == {1}
    expected = {
        (f"s3://{BUCKET}/day/{Path(row.path).relative_to(tmp_path / 'day').as_posix()}", row.cell): row
        for row in judge(gather([str(tmp_path / "day")]), Classifier())
    }
    assert counted.keys() == expected.keys()
    for row in rows:
        other = expected[str(row["path"]), row["cell"]]  # type: ignore[index]
        assert (row["verdict"], row["p_all"], row["kind"], row["sha256"], row["reason"], row["patient"]) == (
            other.verdict,
            other.p_all,
            other.kind,
            other.sha256,
            other.reason,
            other.patient,
        )


@pytest.mark.slow
def test_a_run_is_refused_twice_and_goes_on_with_what_is_new(cells: Path, tmp_path: Path) -> None:
    day, out = tmp_path / "day", tmp_path / "answers"
    shutil.copytree(cells / "fold_0/all", day)
    command = [sys.executable, "-m", "leukolens", "predict", str(day), "--engine", "ray", "--out", f"parquet://{out}"]
    command += ["--threads", "1"]
    first = subprocess.run([*command, "--form", "float"], capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    assert "24 files: " in first.stderr
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(OutputError, match=r"is not empty\. Continue with --resume"):
        judge_archive([str(day)], str(out), model=SHIPPED)
    with pytest.raises(OutputError, match="holds the answers of another run"):
        judge_archive([str(day)], str(out), model=SHIPPED, um_per_px=0.1, resume=True)
    shutil.copy(cells / "fold_1/hem" / sorted(os.listdir(cells / "fold_1/hem"))[0], day)
    again = subprocess.run([*command, "--resume"], capture_output=True, text=True)
    assert "25 files: " in again.stderr, again.stderr  # and in the form that judged before
    assert {name: (out / name).read_bytes() for name in before} == before
    assert len(list(out.iterdir())) == 3
    assert len(rows_in(str(out))) == 25
    shutil.copy(next(out.glob("part-*")), out / "part-copy.parquet")
    with pytest.raises(OutputError, match=r"twice\. Two runs wrote here at the same time"):
        judge_archive([str(day)], str(out), model=SHIPPED, resume=True)
    assert json.loads((out / RUN).read_text())["um_per_px"] is None
