#!/bin/sh
# Makes or refreshes the virtual environment `.venv` of this checkout: `tools/venv.sh runtime|test`.
# Installs the locked, hashed requirements of that name and the `postroom` command, with uv when it
# is on PATH, else with pip.
set -eu
umask 022
cd "$(dirname "$0")/.."
lock="requirements/$1.txt"
place=.venv

say() { printf '%s\n' "postroom: $*"; }
stop() { printf '%s\n' "postroom: $*" >&2; exit 1; }

is_recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if is_recent "$name"; then echo "$name"; return; fi
    done
}

# A service account cannot start programs below a folder that is closed to others, as root's home is.
is_open_to_others() {
    folder=$(pwd -P)
    while [ "$folder" != / ]; do
        [ -n "$(find "$folder" -prune -perm -001)" ] || return 1
        folder=$(dirname "$folder")
    done
}

# As root in a closed folder, `.venv` becomes a link to a place from where PostgreSQL can be started.
choose_place() {
    if [ "$(id -u)" != 0 ] || is_open_to_others; then return; fi
    place="/var/cache/postroom-venv-$(pwd -P | cksum | cut -d ' ' -f 1)"
    say "this folder is closed to other users, so the virtual environment goes to $place"
    mkdir -p "$place"
    [ -L .venv ] || rm -rf .venv
    ln -sfn "$place" .venv
}

require_python() {
    [ -z "$1" ] || return 0
    first=${PYTHON:-python3}
    found=$("$first" --version 2>/dev/null) || found="not there"
    stop "Python 3.11 or newer is needed, but $first is $found; install a newer one, or name it: make PYTHON=python3.12 run"
}

require_venv_module() {
    if "$1" -c 'import venv, ensurepip' 2>/dev/null; then return; fi
    package="$(basename "$1")-venv"
    sentence="Python's venv module is missing; install it (on Debian and Ubuntu: apt-get install $package) and start again."
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then stop "$sentence"; fi
    say "installing $package with apt-get"
    apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" </dev/null || stop "$sentence"
}

make_with_uv() {
    choose_place
    say "making the virtual environment with uv and Python ${1:-3.13, which uv downloads}"
    uv venv --quiet --clear --python "${1:-3.13}" "$place"
}

make_with_venv() {
    require_python "$1"
    require_venv_module "$1"
    choose_place
    say "making the virtual environment with $("$1" --version)"
    "$1" -m venv --clear "$place"
}

install() {
    say "installing the locked packages of $lock"
    quiet=; [ -e ".venv/$1.stamp" ] && quiet=--quiet
    if command -v uv >/dev/null; then
        uv pip install --python .venv/bin/python $quiet --require-hashes -r "$lock"
        uv pip install --python .venv/bin/python --quiet --no-deps --no-build-isolation -e .
    else
        .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
        export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
        .venv/bin/python -m pip install $quiet --require-hashes -r "$lock"
        .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
    fi
}

if ! is_recent .venv/bin/python; then
    python=$(find_python)
    if command -v uv >/dev/null; then make_with_uv "$python"; else make_with_venv "$python"; fi
fi
install "$1"
