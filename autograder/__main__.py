"""`python -m autograder`: the command, where it is not installed (in the student's bundle)."""

import sys

from autograder.cli import main

sys.exit(main())
