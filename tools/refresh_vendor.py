"""Fetches the pinned front-end files from their npm packages and keeps static/vendor honest.

Without arguments it asks npm for each package below and rewrites static/vendor, the icon sprite and
versions.json. With ``--check`` it works offline and compares what is there with versions.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ICON_NAMES = ROOT / "tools" / "icons.txt"
SVG = "http://www.w3.org/2000/svg"
SHAPE = re.compile(r"<path[^>]*/>")
SOURCE_MAP = re.compile(r"(?m)^[ \t]*(?://|/\*)# sourceMappingURL=[^\n]*\n?")


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package at one version, and which of its files are kept where."""

    name: str
    version: str
    licence: str
    folder: str
    files: tuple[str, ...]
    licence_file: str | None = "LICENSE"  # None: it ships none, the one in our folder stays


ICONS = Package("@tabler/icons", "3.51.0", "MIT", "tabler-icons", ())
PACKAGES = (
    Package("htmx.org", "4.0.1", "0BSD", "htmx", ("dist/htmx.min.js", "dist/ext/hx-sse.min.js")),
    Package("sortablejs", "1.15.7", "MIT", "sortablejs", ("Sortable.min.js",)),
    Package("uplot", "1.6.32", "MIT", "uplot", ("dist/uPlot.iife.min.js", "dist/uPlot.min.css")),
    Package("@tabler/core", "1.6.1", "MIT", "tabler", ("dist/css/tabler.min.css",), None),
)


@dataclass(frozen=True, slots=True)
class Vendored:
    """One line of versions.json; paths are relative to static/."""

    name: str
    version: str
    file: str
    sha256: str
    licence: str
    licence_file: str


def refresh(static: Path) -> None:
    """Rewrite every vendored file, the sprite and versions.json.

    Raises ``CalledProcessError`` when npm cannot deliver a package.
    """
    lines: list[Vendored] = []
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as folder:
            unpacked = unpack(package, into=Path(folder))
            keep_licence(package, unpacked, static)
            lines += [keep_file(package, unpacked / name, static) for name in package.files]
    with tempfile.TemporaryDirectory() as folder:
        unpacked = unpack(ICONS, into=Path(folder))
        keep_licence(ICONS, unpacked, static)
        lines.append(keep_sprite(unpacked / "icons" / "outline", static))
    rows = [{field: getattr(line, field) for field in Vendored.__slots__} for line in lines]
    _versions_file(static).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def unpack(package: Package, *, into: Path) -> Path:
    """Download one package through npm, by name and version, and return its unpacked folder."""
    command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    answer = subprocess.run(  # noqa: S603 -- the words come from the table above
        command, cwd=into, check=True, capture_output=True, text=True
    )
    with tarfile.open(into / answer.stdout.split()[-1]) as archive:
        archive.extractall(into, filter="data")
    return into / "package"


def keep_licence(package: Package, unpacked: Path, static: Path) -> None:
    """Copy the licence beside the files; a package without one must have it there already."""
    target = static / _licence_path(package)
    target.parent.mkdir(parents=True, exist_ok=True)
    if package.licence_file is not None:
        target.write_bytes((unpacked / package.licence_file).read_bytes())


def keep_file(package: Package, source: Path, static: Path) -> Vendored:
    """Copy one file without its source map comment, which would name a file we do not ship."""
    target = static / "vendor" / package.folder / source.name
    target.write_text(SOURCE_MAP.sub("", source.read_text("utf-8")).rstrip() + "\n", "utf-8")
    return _vendored(package, target, static)


def keep_sprite(outline: Path, static: Path) -> Vendored:
    """Write static/icons.svg: one symbol for each name in tools/icons.txt."""
    symbols = [symbol(name, (outline / f"{name}.svg").read_text("utf-8")) for name in icon_names()]
    target = static / "icons.svg"
    target.write_text(f'<svg xmlns="{SVG}">\n{"".join(symbols)}</svg>\n', "utf-8")
    return _vendored(ICONS, target, static)


def symbol(name: str, drawing: str) -> str:
    """Keep a drawing's visible paths; colour and stroke width come from where it is used."""
    paths = [path for path in SHAPE.findall(drawing) if 'stroke="none"' not in path]
    return f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(paths)}</symbol>\n'


def icon_names() -> list[str]:
    """Return the names in tools/icons.txt, without comments and empty lines."""
    lines = (line.strip() for line in ICON_NAMES.read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def faults(static: Path) -> list[str]:
    """Name what differs from versions.json, a sentence each; empty when all is as listed."""
    rows = json.loads(_versions_file(static).read_text("utf-8"))
    found = [fault for row in rows for fault in _row_faults(row, static)]
    listed = {row[key] for row in rows for key in ("file", "licence_file")}
    for file in sorted((static / "vendor").rglob("*")):
        name = file.relative_to(static).as_posix()
        if file.is_file() and file != _versions_file(static) and name not in listed:
            found.append(f"{name} is not listed in versions.json.")
    return found


def _row_faults(row: dict[str, str], static: Path) -> list[str]:
    """Name what is wrong with one listed file: missing, changed, unlicensed."""
    file, licence = static / row["file"], static / row["licence_file"]
    if not file.is_file():
        return [f"{row['file']} is missing."]
    found = []
    if _sha256(file) != row["sha256"]:
        found.append(f"{row['file']} differs from its sha256 in versions.json.")
    if SOURCE_MAP.search(file.read_text("utf-8")):
        found.append(f"{row['file']} points to a source map.")
    if not licence.is_file() or not licence.read_text("utf-8").strip():
        found.append(f"{row['licence_file']} is missing.")
    return found


def _vendored(package: Package, target: Path, static: Path) -> Vendored:
    return Vendored(
        name=package.name,
        version=package.version,
        file=target.relative_to(static).as_posix(),
        sha256=_sha256(target),
        licence=package.licence,
        licence_file=_licence_path(package),
    )


def _licence_path(package: Package) -> str:
    return f"vendor/{package.folder}/LICENSE"


def _versions_file(static: Path) -> Path:
    return static / "vendor" / "versions.json"


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> int:
    """Return exit status 0 when all is in order, 1 when the check found something."""
    parser = argparse.ArgumentParser(description="Refresh or check the vendored front-end files.")
    parser.add_argument("--check", action="store_true", help="compare with versions.json, offline")
    parser.add_argument("--static", type=Path, default=ROOT / "static", help="the static folder")
    arguments = parser.parse_args()
    if not arguments.check:
        refresh(arguments.static)
    found = faults(arguments.static)
    sys.stdout.write("\n".join(found or ["The vendored files are as listed."]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
