"""`python -m tools.bench [ROW …]`: takes the figures, one row after another, and prints them."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tools.bench.bench import FULL, QUICK, Bench, Sizes, say
from tools.bench.databases import Databases
from tools.bench.facts import Moment, facts, sync_ms
from tools.bench.line import Line, NotMeasured, TookTooLong
from tools.bench.rows import LONG_S, ROWS
from tools.bench.table import table

SIZES = {"full": FULL, "quick": QUICK}
WHOLE_S = 2400.0
"""What a run may take; rows that do not fit any more are left out."""


def main() -> None:
    """Runs what is asked for; the exit status is 0 whatever the figures are."""
    options = _parser().parse_args()
    sizes: Sizes = SIZES[options.size]
    signal.signal(signal.SIGTERM, _leave)
    before = Moment()
    with _folder(options.folder) as folder:
        bench = Bench(sizes, folder, Databases(folder))
        try:
            durable_ms = sync_ms(folder)
            lines = run(bench, options.rows or usual_rows(options.size))
            known = facts(
                before, Moment(), sync_ms=durable_ms, postgres=bench.databases.postgres_version
            )
        finally:
            bench.databases.close()
    text = report(lines, remarks=bench.remarks, known=known, size=options.size)
    print(f"\n{text}")
    if options.output:
        options.output.write_text(f"{text}\n", "utf-8")


def usual_rows(size: str) -> list[str]:
    """What is run when nothing is named: at full size not what takes very long."""
    return [name for name in ROWS if size == "quick" or name not in LONG_S]


def run(bench: Bench, names: Sequence[str]) -> list[Line]:
    """The lines of these rows; a row that breaks costs its own lines only, and is remarked on."""
    lines: list[Line] = []
    ends_at = time.monotonic() + WHOLE_S
    for name in names:
        print(name, flush=True)
        try:
            left_s = min(bench.sizes.row_s, ends_at - time.monotonic())
            with _at_most(LONG_S.get(name, left_s)):
                for line in ROWS[name](bench):
                    lines.append(line)  # noqa: PERF402  (what came before a break is kept)
        except (NotMeasured, TookTooLong) as reason:
            bench.remarks.append(f"{name}: {reason}")
            say(str(reason))
        except Exception as error:  # noqa: BLE001  (one broken row must not cost the others)
            traceback.print_exc()
            bench.remarks.append(f"{name}: broke: {error!r}")
    return lines


def report(
    lines: Sequence[Line], *, remarks: Sequence[str], known: Sequence[str], size: str
) -> str:
    """The table, what is to be known about it, and the machine."""
    warning = (
        ["A quick run: too short for its figures to mean much.", ""] if size == "quick" else []
    )
    below = [f"- {text}" for text in (*remarks, *known)]
    return "\n".join([*warning, table(lines), "", *below])


@contextmanager
def _folder(below: Path | None) -> Iterator[Path]:
    """A folder of the run, which other accounts can enter: PostgreSQL and Postfix run as such."""
    folder = Path(tempfile.mkdtemp(prefix="postroom-bench-", dir=below))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """TookTooLong inside, once that many seconds have passed."""
    if seconds <= 0:
        raise TookTooLong("left out, as the run took too long")

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise TookTooLong(f"given up after {seconds:.0f} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(143)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", choices=[*ROWS, []], help=", ".join(ROWS))
    parser.add_argument("--size", choices=tuple(SIZES), default="full")
    parser.add_argument("--output", type=Path, help="write the report there too")
    parser.add_argument("--folder", type=Path, help="where to work; on the disk that is meant")
    return parser


if __name__ == "__main__":
    main()
