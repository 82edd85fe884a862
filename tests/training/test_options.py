"""Settings: every option says what it is, and a value that no run could use is refused by name."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass, replace

import pytest

from tasrih.data.labelled_source import Source
from tasrih.training.options import check_options, check_steps
from tasrih.training.recipes import KINDS
from tasrih.training.seq2seq import Pairs


@pytest.mark.parametrize("kind", [*(kind for kind, _ in KINDS.values()), Source, Pairs], ids=lambda kind: kind.__name__)
def test_every_option_says_what_it_is(kind):
    (made,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    options = [at for at, node in enumerate(made.body) if isinstance(node, ast.AnnAssign)]
    assert options
    for at in options:
        told = made.body[at + 1] if at + 1 < len(made.body) else None
        assert isinstance(told, ast.Expr) and isinstance(told.value.value, str), made.body[at].target.id


@dataclass(frozen=True)
class Settings:
    style: str = "brief"
    size: float = 2
    patience: int = 0
    share: float = 0.0


def test_what_can_be_used_passes():
    for settings in (Settings(), Settings("long", 0.1, 5, 0.99)):
        check_options(
            settings, choices={"style": ("brief", "long")}, positive=["size"], not_negative=["patience"], shares=["share"]
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"style": "odd"}, "style must be one of brief, long, not 'odd'"),
        ({"size": 0}, "size must be positive, not 0"),
        ({"size": float("nan")}, "size must be positive, not nan"),
        ({"patience": -1}, "patience must not be negative, not -1"),
        ({"share": 1.0}, r"share must lie between 0 and 1, not 1\.0"),
        ({"share": -0.1}, r"share must lie between 0 and 1, not -0\.1"),
    ],
)
def test_what_cannot_be_used_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        check_options(
            replace(Settings(), **changes), choices={"style": ("brief", "long")}, positive=["size"],
            not_negative=["patience"], shares=["share"],
        )  # fmt: skip


def test_a_step_is_parted_evenly_and_seeds_differ():
    check_steps(32, 8, [1, 2])
    with pytest.raises(ValueError, match="batch_size 32 is no multiple of accumulate 5"):
        check_steps(32, 5, [])
    with pytest.raises(ValueError, match=r"seeds must differ: \[3, 3\]"):
        check_steps(32, 8, [3, 3])
