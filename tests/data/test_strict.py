"""Lines, JSON and encodings from strangers: what is wrong is named with its place, and the next line is read."""

from __future__ import annotations

import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.data.limits import MIB, Limits
from tasrih.data.strict import check_columns, decode, naming, parse, parse_rows, read_lines, read_objects

SMALL = Limits(row=40)
TEXT = "قال «الوزير»: نعم، 3"


def found(data: bytes, limits: Limits = SMALL) -> list:
    return [
        (each.number, each.row if each.row is not None else each.error)
        for each in read_objects(io.BytesIO(data), limits)
    ]


@given(st.lists(st.binary(max_size=90)), st.integers(1, 60))
def test_lines_cover_the_file_byte_by_byte(parts, row):
    data = b"\n".join(parts)
    at = 0
    for number, line in enumerate(read_lines(io.BytesIO(data), Limits(row=row)), 1):
        whole = data[at:].split(b"\n", 1)[0]
        whole += b"\n" if at + len(whole) < len(data) else b""
        assert (line.number, line.start, line.size) == (number, at, len(whole))
        assert line.data == (whole if len(whole) <= row else None)
        at += line.size
    assert at == len(data)


def test_a_line_without_end_takes_no_memory_and_the_next_is_read():
    class Endless(io.RawIOBase):
        left = 64 * MIB

        def readable(self):
            return True

        def readinto(self, buffer):
            size = min(len(buffer), self.left)
            buffer[:size] = b"0" * size
            self.left -= size
            return size

    endless = Endless()
    tracemalloc.start()
    try:
        (only,) = read_objects(io.BufferedReader(endless), Limits(row=MIB))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert only.row is None and "longer than 1MiB" in only.error and only.size == 64 * MIB and peak < 8 * MIB
    assert found(b'{"text": "' + b"x" * 50 + b'"}\n{"text": "y"}')[1] == (2, {"text": "y"})


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{", r"not JSON \(Expecting property name.* at column 2\)"),
        (b"[1]", "expected an object, found list"),
        (b"null", "expected an object, found NoneType"),
        (b'{"a": 1, "b": 2, "a": 1}', "the key 'a' stands twice"),
        (b'{"a": {"b": 1, "b": 2}}', "the key 'b' stands twice"),
        (b'{"a": "\xc7\xe1\xe6"}', r"not UTF-8 \(byte 0xC7 at 20\); it looks like windows-1256"),
        (b'{"text": "' + b"x" * 29 + b'"}', "longer than 40: "),
        (b"[" * 39, "not JSON"),
    ],
)
def test_a_bad_line_stands_between_good_ones(line, error):
    before, between, after = found(b'{"n": 1}\n \r\n' + b"\n" + line + b'\n{"n": 2}')
    assert before == (1, {"n": 1}) and after == (5, {"n": 2}) and between[0] == 4
    with pytest.raises(AssertionError, match=error):
        raise AssertionError(between[1])


def test_what_json_allows_and_python_does_not_is_a_bad_line():
    for text, told in (("[" * 200_000, "nested too deep"), (f'{{"n": {"9" * 5000}}}', "too many digits")):
        with pytest.raises(ValueError, match=told):
            parse(text)
        assert told in found(text.encode(), Limits())[0][1]
    assert parse('{"a": NaN, "b": "\\ud800"}')["b"] == "\ud800"


def test_a_long_key_is_not_shown_whole():
    with pytest.raises(ValueError) as caught:
        parse(f'{{"{"ن" * 99}": 1, "{"ن" * 99}": 2}}')
    assert len(str(caught.value)) < 100


def test_columns_stand_once():
    check_columns(["text", "label"])
    with pytest.raises(ValueError, match="the column 'text' stands twice"):
        check_columns(["text", "label", "text"])


@given(st.text(), st.integers(0, 10**9))
def test_utf8_is_decoded_as_it_is(text, start):
    data = text.encode("utf-8", "replace")
    if data.count(b"\6") * 5 <= len(data) and not data.startswith(b"\xef\xbb\xbf"):
        assert decode(data, start) == data.decode()
        assert decode(b"\xef\xbb\xbf" + data, start) == data.decode()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (TEXT.encode("cp1256"), r"byte 0xDE at 100\); it looks like windows-1256"),
        (b"\xef\xbb\xbfab" + TEXT.encode("cp1256"), r"at 105\); it looks like windows-1256"),
        ("Ministère".encode("latin-1"), r"byte 0xE8 at 106\): convert"),
        (TEXT.encode("utf-16"), "^UTF-16, not UTF-8: convert it with `iconv -f utf-16 "),
        (TEXT.encode("utf-16-be"), "^UTF-16 without its mark"),
        ("نص".encode("utf-16-le"), "^UTF-16 without its mark"),
    ],
)
def test_another_encoding_is_named_with_the_offset_of_its_first_byte(data, told):
    with pytest.raises(ValueError, match=told):
        decode(data, 100)


def test_a_name_is_put_before_a_fault():
    for told, expected in (("too long", "a.csv: too long"), ("line 3: bad\nmore", "a.csv, line 3: bad")):
        with pytest.raises(ValueError) as caught, naming("a.csv"):
            raise ValueError(told)
        assert str(caught.value) == expected
    with pytest.raises(json.JSONDecodeError):
        parse("{")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=9,
)  # fmt: skip


@given(st.lists(st.dictionaries(st.text(max_size=9), JSON, max_size=4)), st.integers(1, 200), st.sampled_from([None, 1]))
def test_a_list_read_row_by_row_is_the_list(rows, row, indent):
    text = json.dumps(rows, ensure_ascii=False, indent=indent)
    longest = max((len(json.dumps(each, ensure_ascii=False, indent=indent)) for each in rows), default=0)
    limits = Limits(row=max(row, longest + 2 * len(text.splitlines())))
    assert list(parse_rows(f" {text}\n", limits)) == rows
    for end in range(len(text)):
        with pytest.raises(ValueError, match=r"not JSON|expected a list"):
            list(parse_rows(text[:end], Limits()))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "expected a list of objects"),
        ("", "expected a list of objects"),
        ("[{}, 1]", "expected a list of objects"),
        ("[{},]", "expected a list of objects"),
        ("[{}\n {}]", r"line 2: not JSON \(Expecting ',' delimiter at column 2\)"),
        ("[{}]\n[]", r"line 2: not JSON \(Extra data at column 1\)"),
        ('[{"a": 1, "a": 2}]', "the key 'a' stands twice"),
        ('[{"a": ' + "[" * 200_000, "nested too deep"),
        (f'[{{"a": {"9" * 5000}}}]', "too many digits"),
    ],
)
def test_what_is_no_list_of_rows_is_named(text, told):
    with pytest.raises(ValueError, match=told):
        list(parse_rows(text, Limits()))
