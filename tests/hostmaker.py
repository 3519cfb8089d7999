"""Two hosts on one machine: network namespaces with an address of their own each, joined by a cable (needs root)."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
