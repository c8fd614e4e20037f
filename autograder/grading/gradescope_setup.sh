#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the container that each submission is graded in.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
source="$root/source"

missing=()
command -v bwrap >/dev/null || missing+=(bubblewrap)
command -v uv >/dev/null || missing+=(ca-certificates python3-venv)
if ((${#missing[@]})); then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
fi
if ! command -v uv >/dev/null; then
    python3 -m venv "$root/uv"
    "$root/uv/bin/pip" install --quiet uv
    export PATH="$root/uv/bin:$PATH"
fi

# The Python of whoever made this zip. It lies where every user may read it, as submissions do not run as root.
export UV_PYTHON_INSTALL_DIR="$root/pythons"
uv venv --quiet --clear --python "$(cat "$source/python-version")" "$root/python"
uv pip install --quiet --python "$root/python/bin/python" --requirement "$source/requirements.txt"

# The answers are nobody's but root's.
chmod -R go-rwx "$source"
