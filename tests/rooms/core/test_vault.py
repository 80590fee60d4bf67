import os
import stat
import subprocess
import sys
import textwrap
import threading
import tracemalloc
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.core import clock, crypto
from portal.core.vault import (
    CHUNK_BYTES,
    TAG_BYTES,
    SealedFileIsBroken,
    SealedReader,
    SealedWriter,
    new_private_path,
    private_folder,
    read_sealed,
    sealed_size,
    sealed_with,
    sweep_leftovers,
)

SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 17]


@pytest.fixture(autouse=True)
def _ring() -> None:
    crypto.use_keys(crypto.new_key_ring())


def seal(path: Path, plain: bytes, context: str = "download:1", step: int = 10_007) -> Path:
    with SealedWriter(path, context) as writer:
        for start in range(0, len(plain), step):
            writer.write(plain[start : start + step])
        writer.finish()
    return path


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_is_read_back_and_its_size_is_known(tmp_path: Path, size: int) -> None:
    plain = os.urandom(size)
    path = seal(tmp_path / "file", plain)
    assert b"".join(read_sealed(path, "download:1")) == plain
    assert sealed_size(path, "download:1") == size
    assert sealed_with(path) == "d1"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 3 * CHUNK_BYTES + 9), st.integers(0, 3 * CHUNK_BYTES + 9), st.sampled_from(SIZES))
def test_any_range_is_the_same_range_of_the_plain_bytes(tmp_path: Path, first: int, end: int, size: int) -> None:
    plain = bytes(range(256)) * (size // 256 + 1)
    path = tmp_path / f"file{size}"
    if not path.exists():
        seal(path, plain[:size])
    with SealedReader(path, "download:1") as reader:
        assert b"".join(reader.read(first, end)) == plain[:size][first:end]


@pytest.mark.parametrize("size", SIZES)
def test_a_file_that_was_cut_anywhere_is_refused_before_its_first_byte(tmp_path: Path, size: int) -> None:
    path = seal(tmp_path / "file", os.urandom(size))
    whole = path.read_bytes()
    chunk = CHUNK_BYTES + TAG_BYTES
    start = 7 + 1 + 2 + 43
    cuts = {len(whole) - 1, len(whole) // 2, start, start - 1, 3, 0, *range(start + chunk, len(whole), chunk)} - {len(whole)}
    for cut in cuts:
        path.write_bytes(whole[:cut])
        with pytest.raises(SealedFileIsBroken):
            sealed_size(path, "download:1")


def test_a_longer_file_is_refused(tmp_path: Path) -> None:
    path = seal(tmp_path / "file", os.urandom(CHUNK_BYTES * 2))
    path.write_bytes(path.read_bytes() + b"x" * 40)
    with pytest.raises(SealedFileIsBroken):
        sealed_size(path, "download:1")


def test_reordered_chunks_are_refused(tmp_path: Path) -> None:
    path = seal(tmp_path / "file", os.urandom(3 * CHUNK_BYTES + 5))
    raw, chunk, start = path.read_bytes(), CHUNK_BYTES + TAG_BYTES, 7 + 1 + 2 + 43
    first, second = raw[start : start + chunk], raw[start + chunk : start + 2 * chunk]
    path.write_bytes(raw[:start] + second + first + raw[start + 2 * chunk :])
    with pytest.raises(SealedFileIsBroken):
        list(read_sealed(path, "download:1"))


def test_a_chunk_of_another_file_is_refused(tmp_path: Path) -> None:
    one = seal(tmp_path / "one", os.urandom(2 * CHUNK_BYTES + 5)).read_bytes()
    path = seal(tmp_path / "two", os.urandom(2 * CHUNK_BYTES + 5))
    chunk, start = CHUNK_BYTES + TAG_BYTES, 7 + 1 + 2 + 43
    path.write_bytes(path.read_bytes()[:start] + one[start : start + chunk] + path.read_bytes()[start + chunk :])
    with pytest.raises(SealedFileIsBroken):
        list(read_sealed(path, "download:1"))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_one_changed_bit_anywhere_is_refused(tmp_path: Path, data: st.DataObject) -> None:
    path = seal(new_private_path(tmp_path), b"secret " * 50)
    raw = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    path.write_bytes(raw)
    with pytest.raises(SealedFileIsBroken):
        list(read_sealed(path, "download:1"))


def test_F6_a_file_of_another_case_cannot_be_read_in_its_place(tmp_path: Path) -> None:
    path = seal(tmp_path / "file", b"of case one", "download:1")
    with pytest.raises(SealedFileIsBroken):
        list(read_sealed(path, "download:2"))


def test_F6_two_builds_never_share_a_name_and_a_name_appears_only_when_whole(tmp_path: Path) -> None:
    assert new_private_path(tmp_path / "spools") != new_private_path(tmp_path / "spools")
    assert stat.S_IMODE((tmp_path / "spools").stat().st_mode) == 0o700
    writer, other = SealedWriter(tmp_path / "file", "download:1"), SealedWriter(tmp_path / "file", "download:1")
    writer.write(b"x" * CHUNK_BYTES * 2)
    assert not (tmp_path / "file").exists()
    assert len(list(tmp_path.glob("*.part"))) == 2
    assert all(stat.S_IMODE(part.stat().st_mode) == 0o600 for part in tmp_path.glob("*.part"))
    writer.finish()
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    other.discard()
    assert list(tmp_path.glob("*.part")) == []
    assert sealed_size(tmp_path / "file", "download:1") == CHUNK_BYTES * 2


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> Iterator[bytes]:
        yield b"x" * CHUNK_BYTES * 2
        raise RuntimeError("gone")

    writer = SealedWriter(tmp_path / "file", "download:1")
    with pytest.raises(RuntimeError, match="gone"), writer:
        deque(map(writer.write, fail()))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="given up"):
        writer.write(b"more")


def test_O4_the_newest_key_seals_and_older_files_stay_readable(tmp_path: Path) -> None:
    old = seal(tmp_path / "old", b"old")
    crypto.use_keys(crypto.keys().with_new_key("data"))
    new = seal(tmp_path / "new", b"new")
    assert (sealed_with(old), sealed_with(new)) == ("d1", "d2")
    assert b"".join(read_sealed(old, "download:1")) == b"old"
    crypto.use_keys(crypto.keys().without_key("data", "d1"))
    with pytest.raises(SealedFileIsBroken, match="data/d1"):
        list(read_sealed(old, "download:1"))


def test_the_same_bytes_never_look_the_same_twice(tmp_path: Path) -> None:
    one, two = (seal(tmp_path / name, b"x" * 5000).read_bytes() for name in ("one", "two"))
    assert one[60:] != two[60:]


def test_a_missing_or_foreign_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "foreign").write_bytes(b"PK\x03\x04 something else entirely")
    for name in ("missing", "foreign"):
        with pytest.raises(SealedFileIsBroken):
            list(read_sealed(tmp_path / name, "download:1"))


def test_memory_stays_flat_however_large_the_file(tmp_path: Path) -> None:
    def peak(megabytes: int) -> int:
        tracemalloc.start()
        with SealedWriter(tmp_path / f"file{megabytes}", "download:1") as writer:
            for _ in range(megabytes * 16):
                writer.write(b"x" * CHUNK_BYTES)
            writer.finish()
        for _ in read_sealed(tmp_path / f"file{megabytes}", "download:1"):
            pass
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(48) < 1.2 * peak(4)


CHILD = """
import resource, signal, sys
from pathlib import Path
from portal.core import crypto
from portal.core.vault import NoSpaceLeft, SealedWriter
crypto.use_keys(crypto.parse_key_ring(sys.stdin.read()))
folder, limit = Path(sys.argv[1]), int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
"""


def run_child(tmp_path: Path, body: str, limit: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD + textwrap.dedent(body), str(tmp_path), str(limit)],
        input=crypto.keys().dump(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).resolve().parents[3],
    )


@pytest.mark.slow
@pytest.mark.parametrize("limit", [30, 5_000, CHUNK_BYTES * 2 + 11])
def test_a_full_disk_is_named_and_no_half_file_stays(tmp_path: Path, limit: int) -> None:
    body = """
        try:
            with SealedWriter(folder / "file", "download:1") as writer:
                for _ in range(10):
                    writer.write(b"x" * 50_000)
                writer.finish()
        except NoSpaceLeft as error:
            print("full:", error)
    """
    child = run_child(tmp_path, body, limit)
    assert child.stdout.startswith("full: There is no space left"), child.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_disk_that_fills_on_the_very_last_byte_is_named_too(tmp_path: Path) -> None:
    whole = seal(tmp_path / "probe", b"x" * 100_000).stat().st_size
    (tmp_path / "probe").unlink()
    body = """
        try:
            with SealedWriter(folder / "file", "download:1") as writer:
                writer.write(b"x" * 100_000)
                writer.finish()
        except NoSpaceLeft as error:
            print("full:", error)
    """
    assert run_child(tmp_path, body, whole - 1).stdout.startswith("full:")
    assert list(tmp_path.iterdir()) == []
    assert run_child(tmp_path, body, whole).stdout == ""
    assert b"".join(read_sealed(tmp_path / "file", "download:1")) == b"x" * 100_000


def test_F7_a_killed_build_leaves_no_clear_byte_and_is_swept(tmp_path: Path) -> None:
    body = """
        import os
        from portal.core.vault import private_folder
        with private_folder(folder) as spools, SealedWriter(spools / "a", "spool") as spool:
            writer = SealedWriter(folder / "file", "download:1")
            while writer.size < 900_000:
                writer.write(b"Maren Vik, maren@example.org; " * 500)
                spool.write(b"Maren Vik, maren@example.org; " * 500)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    child = run_child(tmp_path, body)
    assert child.returncode == -9, child.stderr
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left
    assert sum(path.stat().st_size for path in left) > 1_000_000
    assert all(b"Maren" not in path.read_bytes() and b"example.org" not in path.read_bytes() for path in left)
    assert sweep_leftovers(tmp_path, timedelta(hours=1)) == 0
    with clock.moved(timedelta(hours=2)):
        assert sweep_leftovers(tmp_path, timedelta(hours=1)) == 2
    assert list(tmp_path.iterdir()) == []


def test_the_sweeper_leaves_finished_files_and_builds_at_work(tmp_path: Path) -> None:
    seal(tmp_path / "done", b"done")
    with private_folder(tmp_path) as spools, SealedWriter(spools / "a", "spool"):
        with clock.moved(timedelta(minutes=30)):
            assert sweep_leftovers(tmp_path, timedelta(hours=1)) == 0
        assert spools.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["done"]
    assert sweep_leftovers(tmp_path / "nowhere", timedelta(0)) == 0


def test_many_writers_at_once_do_not_mix(tmp_path: Path) -> None:
    def build(number: int) -> None:
        seal(tmp_path / f"file{number}", bytes([number]) * 300_000, f"download:{number}")

    threads = [threading.Thread(target=build, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(8):
        assert b"".join(read_sealed(tmp_path / f"file{number}", f"download:{number}")) == bytes([number]) * 300_000
