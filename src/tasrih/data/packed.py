"""Opening files for their bytes, packed or plain: unpacked piece by piece, and bombs are refused."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from tasrih.data.limits import MIB, Limits

#: Suffixes of packed files.
PACKINGS = (".xz", ".gz", ".zip")

#: What unpacking an ``.xz`` may take: ``xz -9`` needs 65 MiB, while a header can ask for 4 GiB.
_XZ_MEMORY = 128 * MIB

_BLOCK = 64 * 1024

#: Gives at most so many unpacked bytes, none at the end.
Read = Callable[[int], bytes]

#: Says how many bytes were packed into what was given so far.
Packed = Callable[[], int]


def unpacked_name(path: Path) -> str:
    """Give the name that a file has without its packing.

    Args:
        path: the file.

    Returns:
        Its name.

    Example:
        >>> unpacked_name(Path("sets/train.csv.gz"))
        'train.csv'
    """
    return path.stem if path.suffix in PACKINGS else path.name


@contextmanager
def open_bytes(path: Path, limits: Limits) -> Iterator[BinaryIO]:
    """Open a file for reading its bytes, unpacked where its name ends in one of ``PACKINGS``.

    Args:
        path: the file.
        limits: what a packed one may unpack to.

    Yields:
        A buffered stream. Reading from it raises ``ValueError`` where the file is damaged or unpacks to too much.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if a ``.zip`` holds anything but one file, or that one is encrypted or packed in an unusual way;
            like all that reading raises, it does not name the file (see ``strict.naming``).
    """
    with open(path, "rb") as file:
        if path.suffix not in PACKINGS:
            yield file
            return
        with _UNPACKERS[path.suffix](file) as (read, packed):
            yield io.BufferedReader(_Unpacked(read, packed, limits), _BLOCK)


def read_whole(stream: BinaryIO, limits: Limits) -> bytes:
    """Read all of a stream that is held whole.

    Args:
        stream: a buffered stream.
        limits: what it may hold.

    Returns:
        Its bytes.

    Raises:
        ValueError: if it holds more than ``limits.file``.
    """
    parts, left = [], limits.file + 1
    while left and (part := stream.read(min(left, MIB))):  # one large read would take all of the memory at once
        parts.append(part)
        left -= len(part)
    if not left:
        raise limits.too_large_file()
    return b"".join(parts)


class _Counted:
    """A packed file that counts what was read of it, null bytes apart: any number of them may stand as padding."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self.size += len(data) - data.count(0)
        return data


class _Unpacked(io.RawIOBase):
    """Bytes as they are unpacked, held against what was read of the packed file for them."""

    def __init__(self, read: Read, packed: Packed, limits: Limits) -> None:
        self._read, self._packed, self._limits = read, packed, limits
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        try:
            data = self._read(len(buffer))
        except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
            raise ValueError(_damaged(error)) from None
        self._size += len(data)
        if self._size > self._limits.may_unpack(packed := self._packed()):
            raise self._limits.too_packed(packed)
        buffer[: len(data)] = data
        return len(data)


class _Xz:
    """Unpacks ``.xz`` in bounded memory, which ``lzma.LZMAFile`` has no option for; several streams make one file."""

    def __init__(self, file: _Counted) -> None:
        self._file = file
        self._decoder: lzma.LZMADecompressor | None = None
        self._rest = b""

    def read(self, size: int) -> bytes:
        while True:
            if self._decoder is None:
                # null bytes may stand between streams
                rest = self._rest.lstrip(b"\0")
                while not rest:
                    if not (rest := self._file.read(_BLOCK)):
                        return b""
                    rest = rest.lstrip(b"\0")
                self._rest = rest
                self._decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
            if self._decoder.needs_input and not self._rest:
                if not (more := self._file.read(_BLOCK)):
                    raise EOFError("it ends too early")
                self._rest = more
            data = self._decoder.decompress(self._rest, size)
            self._rest = b""
            if self._decoder.eof:
                self._rest, self._decoder = self._decoder.unused_data, None
            if data:
                return data


@contextmanager
def _xz(file: BinaryIO) -> Iterator[tuple[Read, Packed]]:
    counted = _Counted(file)
    yield _Xz(counted).read, lambda: counted.size


@contextmanager
def _gz(file: BinaryIO) -> Iterator[tuple[Read, Packed]]:
    counted = _Counted(file)
    with gzip.GzipFile(fileobj=counted, mode="rb") as inside:
        yield inside.read, lambda: counted.size


@contextmanager
def _zip(file: BinaryIO) -> Iterator[tuple[Read, Packed]]:
    with ExitStack() as opened:
        try:
            archive = opened.enter_context(zipfile.ZipFile(file))
            # `is_dir` of Python 3.11 fails where an entry has no name
            entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
            if len(entries) != 1:
                raise ValueError(f"it holds {len(entries)} files: give a .zip of one, or unpack it")
            # of the other methods Python unpacks a whole block at once, however large
            if entries[0].flag_bits & 1 or entries[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError("it is encrypted, or packed by another method than deflate: unpack it")
            inside = opened.enter_context(archive.open(entries[0]))
        except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
            raise ValueError(_damaged(error)) from None
        packed = min(entries[0].compress_size, os.fstat(file.fileno()).st_size)
        yield inside.read, lambda: packed


_UNPACKERS = {".xz": _xz, ".gz": _gz, ".zip": _zip}


def _damaged(error: Exception) -> str:
    return (
        f"it cannot be unpacked ({error}): it is damaged, or not packed as its name says; get it again, "
        "or unpack it yourself"
    )
