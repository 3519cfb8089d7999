"""Two hosts on one machine: network namespaces with an address of their own each, joined by a cable (needs root)."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

MASTER_PORT = "29517"


@dataclass(frozen=True, kw_only=True)
class Host:
    """A namespace; what is started in it sees its own network and nothing else."""

    namespace: str
    address: str
    interface: str

    def start(self, command: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[str]:
        """In a session of its own, so that it can be killed with all that it started."""
        return subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, *command],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """To its end."""
        process = self.start(command, environment)
        said, _ = process.communicate(timeout=200)
        return subprocess.CompletedProcess(command, process.returncode, said)


@contextlib.contextmanager
def ray_cluster(hosts: tuple[Host, Host]) -> Iterator[str]:
    """The address of a Ray cluster of two machines with one core each; the second may take seconds to join."""
    address = f"{hosts[0].address}:6399"
    place = tempfile.mkdtemp(prefix="ray")  # short: sockets stand below it
    head = ["--head", "--port", "6399", "--include-dashboard", "false", "--temp-dir", place]
    ray = [str(Path(sys.executable).parent / "ray"), "start", "--block", "--disable-usage-stats", "--num-cpus", "1"]
    ray += ["--object-store-memory", "100000000", "--node-ip-address"]
    started = []
    try:
        for host, part in zip(hosts, (head, ["--address", address]), strict=True):
            started.append(host.start([*ray, host.address, *part], {}))
            time.sleep(3)
        yield address
    finally:
        for process in started:  # what it started dies with it
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        shutil.rmtree(place, ignore_errors=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


@contextlib.contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """10.77.0.1 and 10.77.0.2. Skips with the reason where the machine does not allow it."""
    if sys.platform != "linux" or shutil.which("ip") is None:
        pytest.skip("needs Linux and iproute2")
    names = [f"leukolens-{os.getpid()}-{number}" for number in (1, 2)]
    hosts = tuple(
        Host(namespace=name, address=f"10.77.0.{number}", interface=f"ll{os.getpid() % 100000}n{number}")
        for number, name in enumerate(names, 1)
    )
    try:
        for name in names:
            _ip("netns", "add", name)
        _ip("link", "add", hosts[0].interface, "type", "veth", "peer", "name", hosts[1].interface)
        for host in hosts:
            _ip("link", "set", host.interface, "netns", host.namespace)
            _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", host.interface)
            for interface in ("lo", host.interface):
                _ip("-n", host.namespace, "link", "set", interface, "up")
    except subprocess.CalledProcessError as error:
        _remove(names)
        pytest.skip(f"network namespaces are not allowed here ({error.stderr.strip()})")
    try:
        yield hosts[0], hosts[1]
    finally:
        _remove(names)


def _remove(names: Sequence[str]) -> None:
    for name in names:  # the cable goes with them
        subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)
