"""Where the sandbox cannot be had: one line that names the fault and the mend."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from boxes import DOUBLE, ROOMY, doubles

from autograder.cli import main
from autograder.sandbox import Sandbox, SandboxUnavailable, Trusted, availability, faults


def test_without_bubblewrap_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match=r"^bubblewrap.*apt-get install bubblewrap$"), Sandbox():
        pass
    with Trusted(ROOMY) as trusted, trusted.submission([DOUBLE]) as submission:
        assert doubles(submission)


def test_a_bubblewrap_that_fails_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SandboxUnavailable, match=r"setting up uid map") as caught, Sandbox():
        pass
    assert "\n" not in str(caught.value)


def test_each_fault_has_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "pip install" in faults.explained("Traceback\nModuleNotFoundError: No module named 'IPython'\n")
    for name, value, mend in faults._SETTINGS:
        monkeypatch.setattr(faults, "_setting", lambda asked, name=name, value=value: value if asked == name else None)
        assert faults.explained("bwrap: no").endswith(f"sudo sysctl -w {mend}")


@pytest.mark.parametrize(("system", "mend"), [("darwin", "podman run"), ("win32", "wsl --install"), ("aix", "Linux")])
def test_on_another_system_grading_says_where_to_grade(
    system: str, mend: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """As far as it can be tried here: the system's name, and on Windows no fork and no fcntl, are what differs."""
    (tmp_path / "linear.ipynb").write_text("{}")
    monkeypatch.setattr(sys, "platform", system)
    availability.cache_clear()
    if system == "win32":
        monkeypatch.delattr(os, "fork")
        monkeypatch.setitem(sys.modules, "fcntl", None)
        monkeypatch.delitem(sys.modules, "autograder.grading.grade", raising=False)
    try:
        assert main(["grade", str(tmp_path / "linear.ipynb")]) == 2
    finally:
        availability.cache_clear()
    said = capsys.readouterr().err.strip()
    assert mend in said
    assert "Grading without Linux" in said
    assert "\n" not in said
