"""Finds a Chromium for the browser tests, or installs one, and prints its path.

Looks at POSTROOM_CHROMIUM and PATH first; else Debian's package where apt-get may be used; else
Playwright's own download. Whatever it installs it announces on standard error.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-dejavu-core")


def installed_chromium() -> str | None:
    """The path of a Chromium that is there already; POSTROOM_CHROMIUM comes before PATH."""
    named = os.environ.get("POSTROOM_CHROMIUM")
    found = (shutil.which(name) for name in ([named] if named else NAMES))
    return next((path for path in found if path), None)


def install_with_apt() -> None:
    """Install Debian's Chromium when this user may, by being root or by sudo without a password."""
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (rights and not may_use_sudo()):
        return
    announce(f"installing {' and '.join(PACKAGES)} with apt-get for the browser tests")
    quietly = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    run([*quietly, "update"])
    run([*quietly, "install", "-y", "--no-install-recommends", *PACKAGES])


def install_with_playwright() -> str | None:
    """Download Playwright's own Chromium and answer its path; None when that fails."""
    announce("downloading Chromium with Playwright for the browser tests")
    if not run([sys.executable, "-m", "playwright", "install", "chromium"]):
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def may_use_sudo() -> bool:
    """Whether sudo works here without asking for a password."""
    return bool(shutil.which("sudo")) and run(["sudo", "-n", "true"], show=False)


def run(command: list[str], *, show: bool = True) -> bool:
    """Whether a command succeeds; its words go to standard error, clear of the path."""
    output = sys.stderr if show else subprocess.DEVNULL
    done = subprocess.run(  # noqa: S603 -- the words are those above
        command, check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=output
    )
    return done.returncode == 0


def announce(text: str) -> None:
    """Say on standard error what happens now."""
    print(f"postroom: {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Print the path of a Chromium; 1 and a sentence when there is none and none can be had."""
    path = installed_chromium()
    if path is None:
        install_with_apt()
        path = installed_chromium() or install_with_playwright()
    if path is None:
        announce(
            "no Chromium; install one, or name it: POSTROOM_CHROMIUM=/path/to/chromium make test"
        )
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
