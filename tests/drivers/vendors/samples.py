"""What the file of each vendor says that it answers, and accounts that reach a server of ours."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from panel.domain.provider import Encryption
from panel.drivers.contract import Account, Parcel
from panel.drivers.egress import EgressPolicy
from panel.drivers.http.vendor import Vendor
from tests.drivers.smtp.accounts import PATIENT
from tests.fakes.http_server import Asked, Given

KEY = "key-5ec2e7-of-the-tests"
ANNA, BERTA = "anna@there.test", "berta@there.test"
HEADER = (
    b"From: =?utf-8?q?B=C3=B6rse?= <post@house.test>\r\n"
    b'To: "Anna, =?utf-8?b?w5Y=?=" <anna@there.test>, Berta <berta@there.test>\r\n'
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Date: Fri, 20 Nov 2026 12:00:00 +0000\r\n"
    b"Message-ID: <01ABC@house.test>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n"
)


@cache
def samples(name: str) -> dict[str, Any]:
    """The vendor's file; every registered driver has to have one."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8"))


def a_parcel(*recipients: str, header: bytes = HEADER, body: bytes = b"") -> Parcel:
    """A small mail in UTF-8."""
    chosen = recipients or (ANNA,)
    return Parcel("post@house.test", chosen, header, body or "Schöne Grüße\r\n".encode())


def an_account(vendor: Vendor, port: int, **fields: Any) -> Account:
    """An account of the vendor at a server of ours, in clear text."""
    values: dict[str, Any] = {
        "driver": vendor.name,
        "host": "localhost",
        "port": port,
        "encryption": Encryption.NONE,
        "verify_certificate": True,
        "username": samples(vendor.name).get("username", ""),
        "secret": KEY,
        "egress": EgressPolicy.parse("loopback"),
        "timeouts": PATIENT,
        "settings": tuple(sorted(samples(vendor.name)["settings"].items())),
    }
    return Account(**(values | fields))


def given(sample: dict[str, Any]) -> Given:
    """The answer of a sample."""
    return Given(sample["status"], sample.get("body", "").encode(), sample.get("headers", {}))


def success(vendor: Vendor) -> Given:
    """The answer to a mail that was taken."""
    return given(samples(vendor.name)["success"])


def by_path(answers: list[list[Any]]) -> Callable[[Asked], Given]:
    """Answers each question of a live test by its path; the query does not count."""
    known = {path: Given(status, body.encode()) for path, status, body in answers}
    return lambda asked: known.get(asked.path.partition("?")[0], Given(404))
