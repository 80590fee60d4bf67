"""Files that hold personal data: downloads and spools. Encrypted while they are written, read back whole or by range.

Must never put a plain byte on a disk, and never hand out a byte of a file that was cut, reordered, swapped or moved.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.core import clock, crypto
from portal.core.errors import PortalError

CHUNK_BYTES = 64 * 1024
TAG_BYTES = 16
MAGIC = b"PVAULT1"
SALT_BYTES = 43
UNFINISHED = ".part"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class NoSpaceLeft(PortalError):
    """The disk, the quota or the allowed size of a file is used up; nothing of the file stays."""


class SealedFileIsBroken(PortalError):
    """The file was cut, changed, swapped with another, belongs to another place, or its key is gone."""


def new_private_path(folder: Path) -> Path:
    """A name in `folder` that nobody can guess and no other build can share; the folder is made, for its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / crypto.random_token()


@contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """A folder of one's own for spools, gone at the end. What a kill leaves of it is for `sweep_leftovers`."""
    folder = new_private_path(parent).with_suffix(UNFINISHED)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class SealedWriter:
    """Writes `path` in the STREAM construction (Hoang et al., 2015) over AES-256-GCM; memory is one chunk.

    `path` appears only at `finish()`, whole and on the disk; until then the bytes are in a `.part` file beside it. `context` says what
    the file is and whose (`download:<case>`) and has to be the same to read. Raises `NoSpaceLeft`, and then leaves nothing.
    """

    def __init__(self, path: Path, context: str) -> None:
        key_id, key = crypto.keys().newest("data")
        salt = crypto.random_token().encode()
        name = key_id.encode()
        header = MAGIC + bytes([len(name)]) + name + salt
        self.path, self.size = path, 0
        self._seal = _Seal(key, salt, header, context)
        self._pending = bytearray()
        self._number = 0
        self._part = path.with_name(crypto.random_token() + UNFINISHED)
        with _naming_full_disks():
            handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file: BinaryIO | None = os.fdopen(handle, "wb", buffering=0)
        self._put(header)

    def write(self, plain: bytes) -> int:
        """Append; returns how many bytes were taken, which is all of them."""
        if self._file is None:
            raise ValueError("This file is finished or was given up.")
        self._pending += plain
        # A full chunk waits for one more byte: only then is it known not to be the last.
        if len(self._pending) > CHUNK_BYTES:
            start, view = 0, memoryview(self._pending)
            while len(view) - start > CHUNK_BYTES:
                self._put(self._seal.close(self._number, view[start : start + CHUNK_BYTES], last=False))
                self._number += 1
                start += CHUNK_BYTES
            view.release()
            del self._pending[:start]
        self.size += len(plain)
        return len(plain)

    def finish(self, *, lasting: bool = True) -> int:
        """Make the file appear under its name, whole and on the disk; returns its plain size in bytes.

        What is not `lasting`, since a crash would begin it anew anyway, does not wait for the disk.
        """
        if self._file is None:
            raise ValueError("This file is finished or was given up.")
        self._put(self._seal.close(self._number, bytes(self._pending), last=True))
        try:
            with _naming_full_disks():
                if lasting:
                    os.fsync(self._file.fileno())
                self._file.close()
                self._part.replace(self.path)
                if lasting:
                    _sync_folder(self.path.parent)
        except BaseException:
            self.discard()
            raise
        self._file = None
        return self.size

    def discard(self) -> None:
        """Give up: nothing of the file stays. Harmless after `finish()`."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.discard()

    def _put(self, sealed: bytes) -> None:
        assert self._file is not None  # noqa: S101  # tells the type checker what every caller made sure of
        try:
            with _naming_full_disks():
                view = memoryview(sealed)
                while view:
                    view = view[self._file.write(view) :]
        except BaseException:
            self.discard()
            raise


class SealedReader:
    """One finished file, open for reading: `size` in plain bytes, checked against the file's sealed end when it is opened."""

    def __init__(self, path: Path, context: str) -> None:
        try:
            self._file = path.open("rb")
        except OSError:
            raise SealedFileIsBroken("A sealed file is not there or cannot be read.") from None
        try:
            self._seal, self._start = _read_header(self._file, context)
            body = os.fstat(self._file.fileno()).st_size - self._start
            self._chunks = max(1, -(-body // (CHUNK_BYTES + TAG_BYTES)))
            self.size = body - self._chunks * TAG_BYTES
            self._open(self._chunks - 1)
        except BaseException:
            self._file.close()
            raise

    def read(self, first: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The plain bytes from `first` up to, not including, `end`; every chunk is proven before any of it is handed out."""
        end = self.size if end is None else min(end, self.size)
        for number in range(first // CHUNK_BYTES, -(-end // CHUNK_BYTES)):
            start = number * CHUNK_BYTES
            yield self._open(number)[max(0, first - start) : end - start]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _open(self, number: int) -> bytes:
        self._file.seek(self._start + number * (CHUNK_BYTES + TAG_BYTES))
        return self._seal.open(number, self._file.read(CHUNK_BYTES + TAG_BYTES), last=number == self._chunks - 1)


def read_sealed(path: Path, context: str) -> Iterator[bytes]:
    """The plain bytes of a finished file, chunk by chunk. Raises `SealedFileIsBroken`."""
    with SealedReader(path, context) as reader:
        yield from reader.read()


def sealed_size(path: Path, context: str) -> int:
    """Plain size in bytes. Raises `SealedFileIsBroken` where the end of the file is not the end that was written."""
    with SealedReader(path, context) as reader:
        return reader.size


def sealed_with(path: Path) -> str:
    """Id of the data key a file is sealed with: that key has to stay in the ring as long as the file does."""
    with path.open("rb") as file:
        return _parse_header(file)[0]


def sweep_leftovers(folder: Path, older_than: timedelta) -> int:
    """Delete what crashes left (`.part` files and folders not touched for `older_than`), here and below; returns how many."""
    if not folder.is_dir():
        return 0
    before = clock.now() - older_than
    swept = 0
    for path in sorted(folder.rglob(f"*{UNFINISHED}")):
        if not path.exists() or _last_touched(path) >= before:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        swept += 1
    return swept


class _Seal:
    """One file's key: chunk `n` has the nonce prefix (7 bytes) | n (4 bytes) | 1 where it is the last, else 0."""

    def __init__(self, key: bytes, salt: bytes, header: bytes, context: str) -> None:
        derived = HKDF(algorithm=SHA256(), length=32 + 7, salt=salt, info=b"portal.vault").derive(key)
        self._aead, self._prefix = AESGCM(derived[:32]), derived[32:]
        self._bound = header + context.encode()

    def close(self, number: int, plain: bytes | memoryview, *, last: bool) -> bytes:
        return self._aead.encrypt(self._nonce(number, last), plain, self._bound)

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        try:
            return self._aead.decrypt(self._nonce(number, last), sealed, self._bound)
        except (InvalidTag, ValueError):
            raise SealedFileIsBroken("A sealed file was cut, changed or moved.") from None

    def _nonce(self, number: int, last: bool) -> bytes:
        return self._prefix + number.to_bytes(4, "big") + bytes([last])


def _read_header(file: BinaryIO, context: str) -> tuple[_Seal, int]:
    key_id, salt, header = _parse_header(file)
    try:
        key = crypto.keys().by_id("data", key_id)
    except crypto.KeysAreBroken:
        raise SealedFileIsBroken(f"The key data/{key_id} that a file was sealed with is not in the key file.") from None
    return _Seal(key, salt, header, context), len(header)


def _parse_header(file: BinaryIO) -> tuple[str, bytes, bytes]:
    """Key id, salt, and the header as it stands."""
    start = file.read(len(MAGIC) + 1)
    rest = file.read(start[-1] + SALT_BYTES) if len(start) == len(MAGIC) + 1 else b""
    if start[:-1] != MAGIC or len(rest) != start[-1] + SALT_BYTES or not rest[:-SALT_BYTES].isascii():
        raise SealedFileIsBroken("A file is not one that was sealed here.")
    return rest[:-SALT_BYTES].decode("ascii"), rest[-SALT_BYTES:], start + rest


@contextmanager
def _naming_full_disks() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise NoSpaceLeft("There is no space left for this file. Free some, then it is tried again.") from None
        raise


def _sync_folder(folder: Path) -> None:
    """A rename is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _last_touched(path: Path) -> datetime:
    """When anything of a file or folder was last written."""
    times = [item.stat().st_mtime for item in (path, *(path.rglob("*") if path.is_dir() else ()))]
    return datetime.fromtimestamp(max(times), UTC)
