"""Settings of remote management: trusted signers and servers, program versions."""

from typing import Annotated

from msgspec import Meta

from edge_agent.settings.field_types import Section
from wire.addresses import AddressError
from wire.hosts import parse_host_and_port


def _check_host(host: str) -> None:
    if not host:
        raise ValueError("fleet.hosts has an empty name: name a server, or remove the entry")
    if "*" in host:
        raise ValueError(
            f"fleet.hosts {host[:80]!r}: a pattern may match servers of others; name each host, "
            "such as my-bucket.s3.eu-west-2.amazonaws.com"
        )
    try:
        parse_host_and_port(host)
    except AddressError as error:
        raise ValueError(f"fleet.hosts {host[:80]!r}: {error}") from None


class FleetSettings(Section, frozen=True):
    """The signers that jobs are accepted from, and the servers for downloads and uploads.

    `signers` are public keys in PEM (Ed25519, or EC on P-256). `hosts` are exact server names, with
    a port where it is not that of https: on shared storage, the host of your own bucket. Without
    them no update is accepted and no file sent. `slots` is the folder of the program versions
    (`updates/ab_update.py`), where the program is installed that way. `allow_older` allows a job to
    install a version below one that this camera has had.
    """

    signers: Annotated[tuple[str, ...], Meta(max_length=8)] = ()
    hosts: Annotated[tuple[str, ...], Meta(max_length=32)] = ()
    slots: str = ""
    allow_older: bool = False

    def __post_init__(self) -> None:
        for host in self.hosts:
            _check_host(host)
