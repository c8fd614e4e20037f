"""Training shows how far it is and, interrupted by a real SIGINT, ends between two steps with what it has learned."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from solutions.modules.files import load
from solutions.modules.learning import learn
from solutions.training import CharLSTM, adam_step

COURSE = Path(__file__).parents[1]
STEPS = 100_000  # hours
RATE = 0.01


class Small(CharLSTM):
    units, features = 8, 4


def network() -> Small:
    return Small(5, np.random.default_rng(1))


def tokens(step: int) -> np.ndarray:
    return np.random.default_rng(step).integers(0, 5, (9, 4))


def go(folder: Path) -> None:
    """Train for hours; run by the test below in a process of its own."""
    from solutions.modules.files import save

    net = network()

    def after(step: int) -> None:
        if step == 2:
            print("under way", flush=True)

    losses = learn(
        net.parameters(), lambda step: net.loss_and_gradients(tokens(step)), [RATE] * STEPS, title="small", after=after
    )
    save(net, folder / "net.npz")
    print(len(losses), flush=True)


def interrupted(command: list[str], folder: Path) -> tuple[str, str]:
    """What a command printed that was sent SIGINT as soon as it had printed something."""
    process = subprocess.Popen(
        [sys.executable, *command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return first + out, errors


def test_interrupted_it_keeps_what_it_has_learned_and_no_half_step(tmp_path: Path) -> None:
    paths = [str(COURSE), str(COURSE / "tests")]
    program = f"import sys; sys.path[:0] = {paths!r}\nfrom pathlib import Path; import test_learning\n"
    printed, errors = interrupted(["-c", f"{program}test_learning.go(Path())"], tmp_path)
    assert printed.startswith("under way")
    steps = int(printed.split()[-1])
    assert 3 <= steps < STEPS
    assert "small" in errors, "the bar"
    assert "Traceback" not in errors
    kept, same = network(), network()
    load(kept, tmp_path / "net.npz")
    learn(same.parameters(), lambda step: same.loss_and_gradients(tokens(step)), [RATE] * steps)
    for one, other in zip(kept.parameters(), same.parameters(), strict=True):
        assert np.array_equal(one, other)


def test_the_loop_of_the_notebook_keeps_what_it_has_learned(tmp_path: Path) -> None:
    notebook = json.loads((COURSE / "exercises" / "training.ipynb").read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    (loop,) = [source for source in sources if "def trained(" in source]
    data = next(source for source in sources if "load_digits()" in source)
    definition, call = loop.rsplit("\n\n\n", 1)
    assert call.startswith("net = trained(")
    (tmp_path / "program.py").write_text(
        f"import sys; sys.path.insert(0, {str(COURSE)!r})\nimport numpy as np\n"
        f"from solutions.training import ConvNet, adam_step\n{data}\n{definition}\n"
        f"net = trained(ConvNet(np.random.default_rng(3)), steps={STEPS})\n"
        "first = ConvNet(np.random.default_rng(3)).parameters()\n"
        "print(all(np.any(one != other) for one, other in zip(net.parameters(), first)))\n"
    )
    printed, errors = interrupted(["-u", "program.py"], tmp_path)
    assert "stopped at step" in printed
    assert printed.endswith("True\n"), printed
    assert "steps/s" in errors, "the bar"


def test_a_second_interrupt_is_not_waited_for() -> None:
    net = network()

    def impatient(step: int) -> tuple[float, list[np.ndarray]]:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return net.loss_and_gradients(tokens(step))

    with pytest.raises(KeyboardInterrupt):
        learn(net.parameters(), impatient, [RATE] * 3)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_it_takes_steps_of_adam_on_shortened_gradients() -> None:
    trained, by_hand, state = network(), network(), None
    rates = [0.1, 0.05]
    losses = learn(trained.parameters(), lambda step: trained.loss_and_gradients(tokens(step)), rates, max_norm=0.1)
    for step, rate in enumerate(rates):
        loss, gradients = by_hand.loss_and_gradients(tokens(step))
        assert losses[step] == loss
        norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
        assert norm > 0.1
        moved, state = adam_step(by_hand.parameters(), [0.1 / norm * g for g in gradients], state, rate)
        for parameter, new in zip(by_hand.parameters(), moved, strict=True):
            parameter[...] = new
    for one, other in zip(trained.parameters(), by_hand.parameters(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-14)
