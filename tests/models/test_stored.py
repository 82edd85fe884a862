"""Settings beside weights: whatever a stranger writes there is read or refused with its name, never half believed."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field

import pytest

from tasrih.errors import ModelError
from tasrih.models.files import write_config
from tasrih.models.load import _opened, load
from tasrih.models.stored import read_settings

JUNK = (None, -1, 10**40, float("nan"), "../x", [None])


@dataclass(frozen=True)
class PaintSettings:
    colours: tuple[str, ...]
    weights: dict[str, float] = field(default_factory=dict)
    coats: int = 1
    thickness: float | None = None
    glossy: bool = False

    def __post_init__(self) -> None:
        if self.coats < 1:
            raise ValueError(f"coats must be positive, not {self.coats}")


def test_what_fits_is_read():
    stored = {"colours": ["red"], "weights": {"red": 2}, "coats": 3, "thickness": 0.5, "glossy": True}
    assert read_settings(PaintSettings, stored, "here") == PaintSettings(("red",), {"red": 2}, 3, 0.5, True)
    assert read_settings(PaintSettings, {"colours": [], "thickness": None}, "here") == PaintSettings(())


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ([], "here: its settings are not a paint's"),
        ({}, "here: its settings are not a paint's (missing: 'colours')"),
        ({"colours": [], "hue": 1}, "here: its settings are not a paint's (unknown: 'hue')"),
        ({"colours": [], "\x1b[2J": 1}, "here: its settings are not a paint's (unknown: '\\x1b[2J')"),
        ({"colours": "red"}, "here: colours must be a list of names, not 'red'"),
        ({"colours": [1]}, "here: colours must be a list of names, not '[1]'"),
        ({"colours": [], "weights": {"red": float("nan")}}, "here: weights must be numbers by name, not"),
        ({"colours": [], "weights": []}, "here: weights must be numbers by name, not '[]'"),
        ({"colours": [], "coats": 1.5}, "here: coats must be a whole number, not '1.5'"),
        ({"colours": [], "coats": True}, "here: coats must be a whole number, not 'True'"),
        ({"colours": [], "coats": 10**400}, "here: coats must be a whole number, not '1000000"),
        ({"colours": [], "thickness": "thin"}, "here: thickness must be a number or null, not 'thin'"),
        ({"colours": [], "glossy": 1}, "here: glossy must be true or false, not '1'"),
        ({"colours": [], "coats": 0}, "here: coats must be positive, not 0: get the model again"),
    ],
)
def test_what_does_not_fit_is_named(stored, told):
    with pytest.raises(ModelError, match=re.escape(told)) as caught:
        read_settings(PaintSettings, stored, "here")
    assert len(str(caught.value)) < 200 and "\n" not in str(caught.value)


def _places(value, at=()):
    """Give the way to every value, of the labels' own numbers those of one label."""
    yield at
    for number, (key, inside) in enumerate(value.items() if isinstance(value, dict) else ()):
        if number == 0 or len(at) != 2 or at[0] != "settings":
            yield from _places(inside, (*at, key))


def _with(value, at, new):
    if not at:
        return new
    return {**value, at[0]: _with(value[at[0]], at[1:], new)}


@pytest.mark.parametrize("made", ["exported_statement", "exported_summary"])
def test_any_config_is_read_or_refused_in_words(made, request, tmp_path):
    folder = shutil.copytree(request.getfixturevalue(made), tmp_path / "model")
    whole = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    refused = 0
    for at in list(_places(whole)):
        for junk in JUNK:
            (folder / "config.json").write_text(json.dumps(_with(whole, at, junk)), encoding="utf-8")
            try:
                opened = _opened.__wrapped__(str(folder), None, None)  # not the one that was kept
            except ModelError as error:
                assert "\n" not in str(error) and len(str(error)) < 500, (at, junk)
                refused += 1
            else:
                assert opened.predict(["رحب الوزير بالاتفاق."])[0].scores if made == "exported_statement" else opened
    assert refused > 40


def test_a_tokenizer_that_is_none_is_named(exported_statement, tmp_path):
    folder = shutil.copytree(exported_statement, tmp_path / "model")
    (folder / "tokenizer.json").write_text('{"model": 3}')
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    write_config(folder, {key: config[key] for key in ("kind", "settings")})
    with pytest.raises(ModelError, match=r"tokenizer\.json is no tokenizer that can be opened"):
        load(folder)
