"""Submissions in, verdicts out."""

import sys

# nbgrader brings jsonschema, which builds a grammar of international addresses while it is imported, in 40 % of all the
# time that importing nbgrader takes. It does without where that package is missing; no schema of a notebook needs it.
if "jsonschema" not in sys.modules:
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
