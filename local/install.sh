#!/bin/sh
# install.sh [FOLDER LOCK]: create an environment with everything in a lock file, unless it is up to date: .venv with
# requirements-dev.txt by default. Files whose hash differs are refused.
# PYTHON names the interpreter; by default, the first supported one is used.
set -eu
cd "$(dirname "$0")/.."

VENV=${1:-.venv}
LOCK=${2:-requirements-dev.txt}
STAMP=$VENV/installed.txt

fail() {
    echo "error: $1" >&2
    exit 1
}

version() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

is_supported() {
    case "$(version "$1")" in 3.10 | 3.11 | 3.12 | 3.13) ;; *) return 1 ;; esac
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        [ -n "$(version "$PYTHON")" ] || fail "PYTHON=$PYTHON cannot be run: name a Python 3.10, 3.11, 3.12 or 3.13."
        is_supported "$PYTHON" ||
            fail "PYTHON=$PYTHON is Python $(version "$PYTHON"): name a Python 3.10, 3.11, 3.12 or 3.13."
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11 python3.10; do
        if is_supported "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "No Python 3.10, 3.11, 3.12 or 3.13 was found: install one, or set PYTHON, as in PYTHON=/path/to/python make demo"
}

# A virtual environment contains the path of its folder, so it cannot be moved.
wanted() {
    pwd
    cat "$LOCK" standin/pyproject.toml local/uv.txt
}

is_done() {
    [ -f "$STAMP" ] && wanted | cmp -s - "$STAMP" && [ -n "$(version "$VENV/bin/python")" ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$(version "$PYTHON")" = "$(version "$VENV/bin/python")" ]
}

if is_done; then
    exit 0
fi

python=$(find_python)
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python cannot create virtual environments: install its venv module (Debian and Ubuntu: apt install python3-venv)."

echo "Installing into $VENV with Python $(version "$python"), once"
rm -f "$STAMP"
if [ "$(version "$VENV/bin/python")" != "$(version "$python")" ] || [ ! -x "$VENV/bin/pip" ]; then
    "$python" -m venv --clear "$VENV" || fail "$python -m venv failed."
fi
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r local/uv.txt ||
    fail "pip could not install the packages in local/uv.txt."
"$VENV/bin/python" -m uv pip sync --quiet --require-hashes --compile-bytecode --python "$VENV/bin/python" "$LOCK" ||
    fail "The packages in $LOCK could not be installed."
# Its folder has no hash. Everything that it needs is installed, also what builds it.
"$VENV/bin/python" -m uv pip install --quiet --no-deps --no-build-isolation --python "$VENV/bin/python" --editable ./standin ||
    fail "The stand-in in standin/ could not be installed."
wanted >"$STAMP"
