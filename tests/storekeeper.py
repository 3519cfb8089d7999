"""A server of S3 on this machine: moto's, which speaks Amazon's protocol over HTTP; its port, keys and one bucket."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

BUCKET = "archive"
KEYS = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """Its address; the environment of this process and of those that it starts names it meanwhile."""
    pytest.importorskip("moto", reason="needs the extra dev")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(server, port)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**KEYS, "AWS_ENDPOINT_URL": address}.items():
                patch.setenv(name, value)
            _client().create_bucket(Bucket=BUCKET)
            yield address
    finally:
        server.kill()
        server.wait()


def upload(folder: Path, prefix: str) -> list[str]:
    """Each file below a folder; returns their URLs, sorted."""
    client, urls = _client(), []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        key = f"{prefix}/{path.relative_to(folder).as_posix()}"
        client.upload_file(str(path), BUCKET, key)
        urls.append(f"s3://{BUCKET}/{key}")
    return urls


def _client():  # type: ignore[no-untyped-def]
    import boto3

    return boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert server.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)
