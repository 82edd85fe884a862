"""Packed files: the same bytes come out, bombs and damage are refused, and memory stays small."""

from __future__ import annotations

import gzip
import lzma
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from tasrih.data.limits import MIB, Limits
from tasrih.data.packed import open_bytes, read_whole, unpacked_name

TEXT = ("رحّب الوزيرُ بـ«الاتفاق»، وقال: نعم؛ هل نوقّع؟ ٣ و3\r\n" * 3000).encode()


def pack(path: Path, data: bytes) -> Path:
    match path.suffix:
        case ".xz":
            path.write_bytes(lzma.compress(data))
        case ".gz":
            path.write_bytes(gzip.compress(data))
        case ".zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("inside.txt", data)
        case _:
            path.write_bytes(data)
    return path


def read(path: Path, limits: Limits | None = None) -> bytes:
    limits = limits or Limits()
    with open_bytes(path, limits) as stream:
        return read_whole(stream, limits)


@pytest.mark.parametrize("name", ["a.txt", "a.txt.xz", "a.txt.gz", "a.txt.zip"])
@pytest.mark.parametrize("data", [b"", b"\n", TEXT])
def test_the_bytes_come_back(tmp_path, name, data):
    assert read(pack(tmp_path / name, data)) == data
    assert unpacked_name(tmp_path / name) == "a.txt"


def test_several_streams_make_one_file(tmp_path):
    (tmp_path / "a.xz").write_bytes(lzma.compress(TEXT) + b"\0" * 8 + lzma.compress(b"") + lzma.compress(b"end"))
    (tmp_path / "a.gz").write_bytes(gzip.compress(TEXT) + gzip.compress(b"end"))
    assert read(tmp_path / "a.xz") == read(tmp_path / "a.gz") == TEXT + b"end"


@pytest.mark.parametrize("suffix", [".xz", ".gz", ".zip"])
@pytest.mark.parametrize("limits", [Limits(row=MIB, ratio=20), Limits(row=MIB, ratio=10**6, unpacked=2 * MIB)])
def test_a_bomb_is_refused_in_little_memory(tmp_path, suffix, limits):
    bomb = pack(tmp_path / f"bomb.jsonl{suffix}", b"0" * (64 * MIB))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"it unpacks to more than .*allow more with"):
            read(bomb, limits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 24 * MIB  # 8 MiB of them the dictionary of .xz
    assert len(read(bomb, Limits(ratio=10**6))) == 64 * MIB  # whoever trusts it can read it


def test_an_xz_that_asks_for_4_gib_gets_none(tmp_path):
    data = bytearray(lzma.compress(TEXT))
    size = (data[12] + 1) * 4
    assert data[14:16] == b"\x21\x01"  # LZMA2, one byte of properties: the size of the dictionary
    data[16] = 40
    data[12 + size - 4 : 12 + size] = zlib.crc32(data[12 : 12 + size - 4]).to_bytes(4, "little")
    (tmp_path / "greedy.xz").write_bytes(data)
    with pytest.raises(ValueError, match="Memory usage limit"):
        read(tmp_path / "greedy.xz")


@pytest.mark.parametrize("suffix", [".xz", ".gz", ".zip"])
def test_damage_is_named(tmp_path, suffix):
    whole = pack(tmp_path / f"whole{suffix}", TEXT).read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    for damaged in (whole[: len(whole) // 2], bytes(flipped), b"", b"\0" * 40, TEXT):
        path = tmp_path / f"damaged{suffix}"
        path.write_bytes(damaged)
        if damaged in (b"", b"\0" * 40) and suffix != ".zip":
            continue  # no stream at all is an empty file, as the programs of these formats have it
        with pytest.raises(ValueError, match=r"it cannot be unpacked \(.+\): it is damaged"):
            read(path)


def test_a_zip_of_anything_but_one_plain_file_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    for names in ((), ("a", "b")):
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, "خبر")
        with pytest.raises(ValueError, match=rf"it holds {len(names)} files"):
            read(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a", "خبر")
    with pytest.raises(ValueError, match="another method than deflate"):
        read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("folder")
        archive.writestr("folder/a", "خبر")
    assert read(path).decode() == "خبر"


def test_a_large_file_is_not_held_whole(tmp_path):
    path = pack(tmp_path / "a.txt", b"x" * 1001)
    with pytest.raises(ValueError, match=r"larger than 1000: .*file=4000"):
        read(path, Limits(file=1000))
    assert len(read(path, Limits(file=1001))) == 1001
    with pytest.raises(ValueError, match="larger than"):
        read(Path("/dev/zero"), Limits(file=2 * MIB))


def test_a_missing_file_is_missing(tmp_path):
    for name in ("a.txt", "a.xz", "a.gz", "a.zip"):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / name)


def test_a_zip_whose_file_has_no_name_is_damaged(tmp_path):
    path = pack(tmp_path / "a.zip", TEXT)
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\1\2")
    data[at + 28], data[at + 32] = 0, data[at + 28]  # its bytes are those of a comment
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"it cannot be unpacked \(File name .*\): it is damaged"):
        read(path)


@pytest.mark.parametrize("suffix", [".xz", ".gz"])
def test_padding_is_no_size(tmp_path, suffix):
    path = pack(tmp_path / f"a{suffix}", b"0" * (4 * MIB))
    packed = path.read_bytes()
    for whole in (packed + bytes(MIB), pack(tmp_path / f"b{suffix}", b"1").read_bytes() + bytes(MIB) + packed):
        path.write_bytes(whole)
        with pytest.raises(ValueError, match="more than 20 times its size"):
            read(path, Limits(row=MIB, ratio=20))
        assert len(read(path)) >= 4 * MIB
