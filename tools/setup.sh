#!/bin/sh
# Makes or updates the environment in .venv. Called by make; needs only Python 3.11 to 3.13.
#
#   tools/setup.sh report    what a report needs
#   tools/setup.sh dev       that, and what tests, checks and documentation need
#
# PYTHON=/path/to/python3 chooses the interpreter. Nothing here downloads one.
set -eu

cd "$(dirname "$0")/.."
kind=$1
uv_version=0.13.9

say() { printf '%s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true
}

suits() {
    case $(version_of "$1") in
        3.11 | 3.12 | 3.13) return 0 ;;
        *) return 1 ;;
    esac
}

# The interpreter asked for, or that of .venv, or the first of the system's that suits.
if [ -n "${PYTHON:-}" ]; then
    found=$(version_of "$PYTHON")
    [ -n "$found" ] || fail "PYTHON=$PYTHON does not run. Give the path of a Python 3.11, 3.12 or 3.13."
    suits "$PYTHON" || fail "PYTHON=$PYTHON is Python $found. impacteval needs Python 3.11, 3.12 or 3.13."
    python=$PYTHON
else
    python=
    # An environment that stands already keeps its interpreter.
    for candidate in .venv/bin/python python3 python3.13 python3.12 python3.11; do
        if suits "$candidate"; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        found=$(version_of python3)
        [ -n "$found" ] || fail "No Python was found. Install Python 3.11, 3.12 or 3.13, then try again."
        fail "python3 is Python $found. impacteval needs Python 3.11, 3.12 or 3.13: install one, or name it with PYTHON=/path/to/python3.12."
    fi
fi
python=$("$python" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))')
version=$(version_of "$python")

# A stamp stands inside the environment, so it goes when the environment goes. It holds the
# digest of everything that decides what is installed.
wanted=$("$python" - "$version" "$uv_version" <<'PY'
import hashlib, pathlib, sys
digest = hashlib.sha256(" ".join(sys.argv[1:]).encode())
files = [pathlib.Path("uv.lock"), pathlib.Path("pyproject.toml")]
files += sorted(pathlib.Path("packages").glob("*/pyproject.toml"))
for file in files:
    digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
digest.update(str(pathlib.Path.cwd()).encode())
print(digest.hexdigest())
PY
)
case $kind in
    report) what="what a report needs" more="--inexact" stamps=".venv/.report .venv/.dev" ;;
    dev) what="what tests, checks and documentation need" more="--group dev" stamps=".venv/.dev" ;;
    *) fail "Say which: tools/setup.sh report, or tools/setup.sh dev." ;;
esac
for stamp in $stamps; do
    if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null || true)" = "$wanted" ]; then
        say "The environment in .venv is up to date (Python $version)."
        exit 0
    fi
done

if [ "$(.venv-tools/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$uv_version" ]; then
    say "Installing the installer, uv $uv_version, from the package index into .venv-tools."
    rm -rf .venv-tools
    "$python" -m venv .venv-tools || fail "Python $version cannot make an environment. On Debian and Ubuntu: apt-get install python3-venv."
    .venv-tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version" ||
        fail "uv $uv_version could not be installed. Is the package index reachable?"
fi

export UV_PYTHON_DOWNLOADS=never
unset VIRTUAL_ENV || true
say "Installing $what into .venv (Python $version), at the versions of uv.lock."
# $more is one or two words on purpose.
# shellcheck disable=SC2086
.venv-tools/bin/uv sync --quiet --frozen --python "$python" --extra studies --extra notebook --extra causal-ml $more
printf '%s\n' "$wanted" >".venv/.$kind"
say "The environment in .venv is ready."
