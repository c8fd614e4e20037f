"""What the two networks of the capstone reach: right answers on digits kept aside, and bits per character on text.

uv run python benchmarks/training.py                  # five networks for the digits, one for the text
uv run python benchmarks/training.py text --steps 10000 --save writer.npz

One thread, the reference layers, float32. Seconds are processor time of training alone. Interrupted by Ctrl-C, a
training ends with what it has learned so far, which is then measured (and saved) all the same.
"""

from __future__ import annotations

import contest  # noqa: F401 (first: it gives NumPy one thread)

# isort: split
import argparse
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from autograder.checks.training_data import digits, text
from solutions.modules.files import save
from solutions.modules.module import Module
from solutions.modules.recipes import Writer, train_digits, train_text

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))
from ngrams import NGrams

ORDERS = range(1, 6)


def measure_digits(seeds: int, steps: int) -> None:
    """Print a line a seed, and their mean and minimum."""
    data = digits()
    print(f"digits: {len(data.labels)} to learn from, {len(data.held_out_labels)} kept aside, {steps} steps of 64")
    reached, seconds = [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        start = time.process_time()
        net = train_digits(data.images, data.labels, rng, steps)
        seconds.append(time.process_time() - start)
        logits = net.forward(data.held_out_images.astype(np.float32), False, rng)
        reached.append(100 * float(np.mean(logits.argmax(axis=1) == data.held_out_labels)))
        print(f"  seed {seed}: {reached[-1]:.2f} % in {seconds[-1]:.0f} s", flush=True)
    print(
        f"  {seeds} seeds: mean {statistics.mean(reached):.2f} %, least {min(reached):.2f} %, "
        f"{statistics.mean(seconds):.0f} s each, {parameters(net):,} parameters"
    )


def measure_text(steps: int) -> Writer:
    """Print a line for each model that counts, and one for the LSTM."""
    data = text()
    print(f"text: {len(data.train):,} characters to learn from, {len(data.held_out):,} kept aside")
    print(f"  {'':32}{'parameters':>12}{'bits per character':>20}{'seconds':>9}")
    for order in ORDERS:
        start = time.process_time()
        model = NGrams(order, data.train, len(data.characters))
        seconds = time.process_time() - start
        tell(f"n-grams, n = {order}, Kneser-Ney", model.parameters, model.bits_per_character(data.held_out), seconds)
    start = time.process_time()
    writer = train_text(data.tokens(data.train), len(data.characters), np.random.default_rng(0), steps)
    seconds = time.process_time() - start
    bits = writer.bits_per_character(data.tokens(data.held_out))
    tell(f"LSTM, {writer.units} units, {steps} steps", parameters(writer), bits, seconds)
    return writer


def tell(name: str, count: int, bits: float, seconds: float) -> None:
    print(f"  {name:32}{count:12,}{bits:20.3f}{seconds:9.0f}", flush=True)


def parameters(module: Module) -> int:
    return sum(parameter.size for parameter in module.parameters())


def main(words: Sequence[str] | None = None) -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["digits", "text", "all"], default="all", help="default: all")
    parser.add_argument("--seeds", type=int, default=5, help="how many networks for the digits (default: 5)")
    parser.add_argument("--steps", type=int, help="how many steps (default: 1000 for digits, 1500 for text)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the network for the text, as .npz")
    options = parser.parse_args(words)
    if options.seeds < 1 or (options.steps is not None and options.steps < 1):
        parser.error("seeds and steps must be at least 1")
    print(f"{date.today()}, {platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}")
    if options.what != "text":
        measure_digits(options.seeds, options.steps or 1000)
    if options.what != "digits":
        writer = measure_text(options.steps or 1500)
        if options.save:
            save(writer, options.save)
            print(f"wrote {options.save}")


if __name__ == "__main__":
    main()
