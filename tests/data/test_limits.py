"""Bounds on files: how they are written, and what is said beyond them."""

from __future__ import annotations

import io

import pytest

from tasrih.data.limits import GIB, KIB, MIB, VARIABLE, Limits, current_limits, shown


def test_what_is_not_named_keeps_its_default():
    assert Limits.parse("") == Limits.parse(" , ") == Limits()
    assert Limits.parse("row=4KiB, unpacked = 2GiB,ratio=7") == Limits(row=4 * KIB, unpacked=2 * GIB, ratio=7)
    assert Limits.parse("file=1000").file == 1000


@pytest.mark.parametrize(
    "text", ["row", "row=", "row=-1", "row=0", "rows=1", "row=1MB", "row=1e9", "row=٣", "row=9" * 9]
)
def test_what_is_no_bound_is_named_with_the_names_that_are(text):
    with pytest.raises(ValueError, match=r"limits: cannot read '.+': give row, file, unpacked, ratio as in row=64MiB"):
        Limits.parse(text)


def test_a_bound_that_no_reading_can_take_is_refused():
    with pytest.raises(ValueError, match="row=999999999999999GiB is too much: give 1048576GiB at most"):
        Limits.parse("ratio=9, row=999999999999999GiB")
    io.BytesIO(b"x").readline(Limits.parse("row=1048576GiB").row + 1)


def test_the_environment_holds_where_nothing_is_passed(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert current_limits() == Limits()
    monkeypatch.setenv(VARIABLE, "row=1MiB")
    assert current_limits() == Limits(row=MIB)


def test_a_packed_file_may_unpack_to_a_multiple_of_its_size_within_bounds():
    limits = Limits(row=1000, unpacked=50_000, ratio=10)
    assert [limits.may_unpack(size) for size in (1, 100, 101, 4000, 6000)] == [1000, 1000, 1010, 40_000, 50_000]
    assert "more than 10 times its size: if you trust it, allow more with `tasrih --limits ratio=100 ...`" in str(
        limits.too_packed(101)
    )
    assert f"more than 50000: if you trust it, allow more with `tasrih --limits unpacked=100000 ...` or {VARIABLE}" in (
        str(limits.too_packed(6000))
    )


def test_the_mend_of_every_message_can_be_read_back():
    limits = Limits()
    for error in (limits.too_long_row(), limits.too_large_file(), limits.too_packed(MIB), limits.too_packed(GIB)):
        entry = str(error).split(f"{VARIABLE}=")[1]
        assert Limits.parse(entry) != limits


def test_sizes_are_shown_in_whole_units():
    assert [shown(size) for size in (0, 1023, KIB, 3 * MIB, MIB + 1, 2 * GIB)] == [
        "0", "1023", "1KiB", "3MiB", "1048577", "2GiB",
    ]  # fmt: skip
