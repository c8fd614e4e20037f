#!/usr/bin/env bash
# Gradescope runs this for each submission. What it prints is for the instructor; students read results.json alone.
set -uo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
cd "$root/source/course" && exec "$root/python/bin/python" -B -m autograder.grading.gradescope "$root"
