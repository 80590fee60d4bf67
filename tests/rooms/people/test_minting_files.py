"""The file with links is whole or not there, the list stays as it is, and whatever was cut is said to be."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.rooms.people.test_minting import EXPORT, ROOT, portal

EARLIER = "the list of last month\n"


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "key.json"
    file.write_text(EXPORT.dump())
    return file


@pytest.fixture
def out(tmp_path):
    """Where links go, in a folder of its own: with a good list from last time."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "out.csv").write_text(EARLIER)
    return folder / "out.csv"


def is_as_it_was(out):
    return out.read_text() == EARLIER and os.listdir(out.parent) == [out.name]


@pytest.mark.parametrize("how", ["itself", "symlink", "hardlink", "input", "output"])
def test_a_list_is_never_written_over_itself(tmp_path, key, how):
    sheet, other = tmp_path / "list.csv", tmp_path / "other.csv"
    sheet.write_text("email\nper@example.org\n")
    {"symlink": other.symlink_to, "hardlink": other.hardlink_to}.get(how, lambda _to: None)(sheet)
    if how in ("input", "output"):
        command = [sys.executable, "-m", "portal", "links", "mint", "--key", key]
        streams = {"input": f'"$@" --out {sheet} < {sheet}', "output": f'"$@" --in {sheet} >> {sheet}'}
        words = ["sh", "-c", streams[how], "sh", *map(str, command)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    else:
        done = portal("mint", "--key", key, "--in", sheet, "--out", sheet if how == "itself" else other)
    assert done.returncode == 1 and b"is the list itself: nothing was written" in done.stderr
    assert sheet.read_text() == "email\nper@example.org\n"


@pytest.mark.parametrize("act", ["mint", "qr"])
def test_the_key_is_never_written_over(key, act):
    done = portal(act, "--key", key, "--out", key, stdin=b"email\nper@example.org\n")
    assert done.returncode == 1 and b"is the file with the key itself" in done.stderr
    assert key.read_text() == EXPORT.dump()


@pytest.mark.parametrize("wrong", [("--column", "mail"), ("--choice", "newsletter.fax"), ("--key", "/dev/null")])
def test_what_is_refused_leaves_the_earlier_file_alone(key, out, wrong):
    done = portal("mint", "--key", key, *wrong, "--out", out, stdin=b"email\nper@example.org\n")
    assert done.returncode == 1 and b"fault of ours" not in done.stderr
    assert is_as_it_was(out)


def test_a_whole_file_takes_the_place_and_the_rights_of_the_earlier_one_also_behind_a_symlink(tmp_path, key, out):
    out.chmod(0o640)
    named, fresh = tmp_path / "named.csv", tmp_path / "fresh.csv"
    named.symlink_to(out)
    for file in (named, fresh):
        assert portal("mint", "--key", key, "--out", file, stdin=b"email\nper@example.org\n").returncode == 0
    assert named.is_symlink() and out.read_text().count("https://") == 2 and out.stat().st_mode & 0o777 == 0o640
    mask = os.umask(0)
    os.umask(mask)
    assert fresh.stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("known", [True, False])
def test_where_there_is_no_room_the_file_is_named_and_nothing_of_it_is_left(key, out, processes, known):
    if not known:
        out.unlink()
    rows = "".join(f"person{number}@example.org\n" for number in range(20_000))
    # The blocks that a shell counts in are of 512 bytes.
    words = ["sh", "-c", 'ulimit -f 3000; exec "$@"', "sh", sys.executable, "-m", "portal", "links", "mint", "--key", str(key)]
    done = subprocess.run(
        [*words, "--out", str(out), "--processes", str(processes)],
        cwd=ROOT,
        input=f"email\n{rows}".encode(),
        capture_output=True,
        check=False,
    )
    left = f"{out} was not written, and is as it was." if known else f"{out} was not written."
    assert (done.returncode, done.stderr.decode()) == (1, f"portal: {out}: File too large. {left}\n")
    assert is_as_it_was(out) if known else not os.listdir(out.parent)


@pytest.mark.parametrize("named", [True, False])
def test_where_the_disk_is_full_it_is_said_that_what_was_written_is_not_whole(key, named):
    words = [sys.executable, "-m", "portal", "links", "mint", "--key", str(key), *(("--out", "/dev/full") if named else ())]
    with open("/dev/full", "wb") as full:
        rows = b"email\nper@example.org\n"
        done = subprocess.run(words, cwd=ROOT, input=rows, stdout=full, stderr=subprocess.PIPE, check=False)
    said = (
        "/dev/full: No space left on device. What was written to /dev/full"
        if named
        else "standard output: No space left on device. What was written"
    )
    assert (done.returncode, done.stderr.decode()) == (1, f"portal: {said} is not whole.\n")


def test_a_list_that_cannot_be_read_is_named(key, out):
    done = portal("mint", "--key", key, "--in", "/proc/self/mem", "--out", out)
    assert (done.returncode, done.stderr) == (1, b"portal: /proc/self/mem: Input/output error.\n")
    assert is_as_it_was(out)


@pytest.fixture
def endless(key, out):
    """The command while it writes links of a list that does not end, in a group of processes of its own."""
    command = [sys.executable, "-m", "portal", "links", "mint", "--key", str(key), "--out", str(out), "--processes", "2"]
    # A run of tests in the background of a script ignores Ctrl-C.
    command = ["env", "--default-signal=INT", *command]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(["sh", "-c", "echo email; exec yes per@example.org"], stdout=pipe) as source,
        subprocess.Popen(command, cwd=ROOT, stdin=source.stdout, stderr=pipe, start_new_session=True) as process,
    ):
        assert source.stdout
        source.stdout.close()
        until = time.monotonic() + 30
        while not any(file.stat().st_size > 2**22 for file in out.parent.glob("out.csv.*.part")):
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.02)
        yield process
        process.kill()
        source.kill()


def test_ctrl_c_says_that_the_file_was_not_written_and_leaves_the_earlier_one(endless, out):
    os.killpg(endless.pid, signal.SIGINT)
    assert endless.wait(30) == 130
    assert endless.stderr.read().decode() == f"portal: Interrupted. {out} was not written, and is as it was.\n"
    assert is_as_it_was(out)


def test_a_lost_process_leaves_the_earlier_file(endless, out):
    children = Path(f"/proc/{endless.pid}/task/{endless.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    assert endless.wait(30) == 1
    said = f"portal: A process of this command was lost. {out} was not written, and is as it was. Run it again.\n"
    assert endless.stderr.read().decode() == said
    assert is_as_it_was(out)


def test_a_named_pipe_whose_reader_leaves_is_said_to_be_cut(tmp_path, key):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    rows = b"email\n" + b"per@example.org\n" * 20_000
    with subprocess.Popen(["head", "-c", "10", str(pipe)], stdout=subprocess.DEVNULL):
        done = portal("mint", "--key", key, "--out", pipe, stdin=rows)
    assert (done.returncode, done.stderr.decode()) == (141, f"portal: What was written to {pipe} is not whole.\n")


@pytest.mark.parametrize(
    ("closed", "code", "said"),
    [
        ("<&-", 1, b"The list is empty"),
        (">&-", 1, b"Standard output is closed, so there is nowhere to write. Name a file with --out."),
        ("2>&-", 1, b""),
    ],
)
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_stream_that_was_closed_is_no_fault_and_takes_no_complaints_into_the_list(tmp_path, key, closed, code, said, processes):
    sheet = tmp_path / "list.csv"
    sheet.write_text("email\nper@example.org\nnobody\nkari@example.org\n")
    named = [] if closed == "<&-" else ["--in", str(sheet)]
    words = [sys.executable, "-m", "portal", "links", "mint", "--key", str(key), "--processes", processes, *named]
    done = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", *words], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, said in done.stderr, b"fault of ours" in done.stderr) == (code, True, False)
    lines = done.stdout.decode().splitlines()
    if closed == "2>&-":
        assert [line.partition(",")[0] for line in lines] == ["email", "per@example.org", "kari@example.org"]
    else:
        assert lines == []
