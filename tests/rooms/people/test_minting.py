"""Links for whole lists: every good line gets its links, every bad one is named, whatever else stands in the file."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.crypto_links import LinkKey
from portal.people import lines
from portal.people.addresses import AddressRefused, normal_address
from portal.people.heads import HeadRefused
from portal.people.lines import BadLine, Share, Sheet, pieces_of, split_mark
from portal.people.link_tokens import CannotMint, Link, Scope, open_under
from portal.people.minting import CsvList, ExportIsBroken, KeyExport, Linker, NdjsonList, Normaliser
from portal.people.service import Identifier
from tests.nursery import run_portal

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 3, 2, tzinfo=UTC)
EXPORT = KeyExport("fjordkaffe", "https://privacy.example.com/", LinkKey(3, b"k" * 32, date(2026, 3, 2)), ("newsletter.email",))


def pattern(kind="email", choice="newsletter.email", scope=Scope.PREFERENCES):
    return Link(Identifier(kind, "x"), NOW, NOW + timedelta(days=30), scope, choice, "spring")


ROWS = re.compile(r"\A[^\n]*preferences_link[^\n]*\n|\{[^\n]*\}\n|.+?/u/[\w-]+\r?\n", re.DOTALL)
"""The first line, and what ends in a link: a cell may run over several lines."""


def minted(text, *, form=CsvList, column="email", **wish):
    people = form(io.BytesIO(text.encode()), Linker(EXPORT, pattern(**wish)), column=column)
    parts = [people.mint(part) for part in people.parts]
    bad = [one for part in parts for one in part.refused]
    written = (people.head + b"".join(part.lines for part in parts)).decode()
    rows = ROWS.findall(written)
    assert "".join(rows) == written
    return rows, bad


def opened(line):
    (token,) = set(re.findall(r"https://privacy\.example\.com/[pu]/([\w-]+)", line))
    return open_under([EXPORT.key], "fjordkaffe", token, at=NOW).link


def test_each_line_keeps_what_it_has_and_gets_two_links():
    out, bad = minted('id,email,name\r\n7,Maria@Example.org,"Lind, Maria"\r\n8,per@example.org,\r\n')
    assert bad == []
    assert out[0] == "id,email,name,preferences_link,unsubscribe_link\r\n"
    assert out[1].startswith('7,Maria@Example.org,"Lind, Maria",https://privacy.example.com/p/') and out[1].endswith("\r\n")
    link = opened(out[1])
    assert (link.identifier.value, link.choice, link.campaign) == ("maria@example.org", "newsletter.email", "spring")


@pytest.mark.parametrize("comma", [",", ";", "\t"])
def test_lists_of_every_office_program_are_read(comma):
    out, bad = minted(f"name{comma}email\nMaria{comma}maria@example.org\n")
    assert bad == [] and out[1].count(comma) == 3
    assert opened(out[1]).identifier.value == "maria@example.org"


def test_bad_lines_are_named_with_their_number_and_the_rest_is_minted():
    text = (
        "email,name\nmaria@example.org,M\nnobody,N\n\n,empty\nper@example.org\nmar\u0131a@example.org,x\na@b@c,\n"
        "x@masked.invalid,x\n" + "a" * 400 + "@example.org,x\nlast@example.org,L\n"
    )
    out, bad = minted(text)
    assert [opened(line).identifier.value for line in out[1:]] == ["maria@example.org", "last@example.org"]
    assert [number for number, _reason in bad] == [3, 5, 6, 7, 8, 9, 10]
    assert not any("nobody" in reason or "@b" in reason for _number, reason in bad)


def test_a_quotation_mark_that_is_never_closed_costs_its_own_line_only():
    rows = "".join(f"p{number}@example.org,P\n" for number in range(200))
    out, bad = minted(f'email,name\n"broken@example.org,B\n{rows}')
    assert [number for number, _reason in bad] == [2] and len(out) == 201
    out, bad = minted('email,name\n"broken@example.org,B\nper@example.org,P\n"whole@example.org",W\n')
    assert [number for number, _reason in bad] == [2]
    assert [opened(line).identifier.value for line in out[1:]] == ["per@example.org", "whole@example.org"]


def test_a_cell_may_run_over_several_lines():
    out, bad = minted('email,note\nmaria@example.org,"one\ntwo, and ""three"""\nper@example.org,x\n')
    assert bad == [] and len(out) == 3
    assert out[1].startswith('maria@example.org,"one\ntwo, and ""three""",https://')


def test_ndjson_keeps_every_field():
    text = '{"email": "maria@example.org", "name": "Łucja"}\nnot json\n[1]\n{"name": "x"}\n{"email": 7}\n\n{"email": "per@example.org"}\n'
    out, bad = minted(text, form=NdjsonList)
    assert json.loads(out[0])["name"] == "Łucja" and opened(json.loads(out[0])["preferences_link"])
    assert len(out) == 2 and [number for number, _reason in bad] == [2, 3, 4, 5]


def test_phone_numbers_and_customer_numbers_are_minted_as_they_stand():
    out, bad = minted("nr\nK-1002\n\n   \n", column="nr", kind="customer_number", choice="", scope=Scope.STOP)
    link = opened(out[1])
    assert (link.identifier, link.scope, link.choice) == (Identifier("customer_number", "K-1002"), Scope.STOP, "")
    assert len(bad) == 1


def test_a_wrong_column_or_choice_is_said_before_anything_is_minted():
    with pytest.raises(HeadRefused, match="mail"):
        minted("email\nx@example.org\n", column="mail")
    with pytest.raises(HeadRefused):
        minted("")
    with pytest.raises(CannotMint, match="There are: newsletter"):
        minted("email\nx@example.org\n", choice="newsletter.fax")


def test_an_export_comes_back_as_it_was_and_nothing_else_does():
    assert KeyExport.parse(EXPORT.dump()) == EXPORT
    for text in ("", "{}", "[]", "7", EXPORT.dump().replace('"portal_links": 1', '"portal_links": 2'), EXPORT.dump()[:-20]):
        with pytest.raises(ExportIsBroken):
            KeyExport.parse(text)


ADDRESSES = st.one_of(
    st.text(max_size=40),
    st.builds(
        "{}@{}".format,
        st.text(st.sampled_from("aZ0.-+_'é \t\n"), max_size=66),
        st.sampled_from("example.org EXAMPLE.org a.b bücher.example localhost x.invalid -a.org a..b xn--a.org [1.2.3.4]".split()),
    ),
)


@given(ADDRESSES)
def test_the_quick_normal_form_is_the_normal_form(text):
    def outcome(form):
        try:
            return form(text)
        except AddressRefused as refusal:
            return type(refusal)

    quick = Normaliser()
    expected = outcome(normal_address)
    assert outcome(quick) == expected
    assert outcome(quick) == expected


def alone(linker, text):
    try:
        return linker.value_of(text)
    except BadLine as reason:
        return str(reason)


@given(st.lists(st.one_of(ADDRESSES, st.just("per@example.org")), max_size=40), st.sampled_from(["email", "customer_number"]))
def test_many_at_once_say_what_each_says_alone(texts, kind):
    linker = Linker(EXPORT, pattern(kind, choice=""))
    for _ in range(2):
        values = linker.values_of([text.encode() for text in texts])
        together = [value if isinstance(value, bytes) else str(value) for value in values]
        assert together == [alone(Linker(EXPORT, pattern(kind, choice="")), text) for text in texts]


LINES = (
    "a@example.org,1", '"b@example.org","2"', '"c@example.org","3', 'and so on"', "", "d@example.org", 'e"@example.org,5', '"', "f,g,h",
    'g@example.org,"7 ""8"" 9"',
)  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(["\n", "\r\n", "\r"])), max_size=12),
    st.sampled_from([1, 5, 20, 2**16]),
)
def test_how_much_is_looked_at_at_once_changes_nothing(parts, size):
    written = "".join(map("".join, parts)).encode()

    def seen():
        sheet = Sheet(",", 0, 2)
        parts = sheet.parts(pieces_of(io.BytesIO(written)))
        runs = [sheet.read(part) if isinstance(part, Share) else part for part in parts]
        good = [one for run in runs for one in zip(run.numbers, run.rows, run.identifiers, strict=True)]
        return good, [one for run in runs for one in run.refused]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sheet, "_plain", lambda *some: None)
        one_by_one = seen()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "PIECE", size)
        assert seen() == one_by_one
        # The first line is as good as any: a piece may end in it.
        for begun in (b"", b"\xef\xbb\xbf"):
            mark, pieces = split_mark(pieces_of(io.BytesIO(begun + written)))
            assert (mark, b"".join(pieces)) == (begun, written)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_every_kind_of_machine_are_read_a_piece_at_a_time(monkeypatch, end):
    monkeypatch.setattr(lines, "PIECE", 64)
    text = end.join(["email,name", *(f"person{number}@example.org,P" for number in range(50)), "nobody,N", ""])
    out, bad = minted(text)
    assert len(out) == 51 and [number for number, _reason in bad] == [52]
    assert [opened(line).identifier.value for line in out[1:]] == [f"person{number}@example.org" for number in range(50)]


def test_half_a_character_in_an_object_costs_nobody_a_link():
    out, bad = minted('{"email": "maria@example.org", "name": "\\ud83d"}\n{"email": "\\ud83d@example.org"}\n', form=NdjsonList)
    assert len(out) == 1 and [number for number, _reason in bad] == [2]
    assert json.loads(out[0])["name"] == "\ud83d" and opened(json.loads(out[0])["preferences_link"])


def portal(*words, stdin=b"", **environment):
    done = run_portal("links", *map(str, words), environment={"PATH": "/usr/bin:/bin", **environment}, given=stdin)
    stdout, stderr = (said.encode(errors="surrogateescape") for said in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, stdout, stderr)


@pytest.mark.slow
def test_the_command_needs_nothing_but_the_export(tmp_path):
    key, sheet = tmp_path / "key.json", tmp_path / "list.csv"
    key.write_text(EXPORT.dump())
    sheet.write_bytes(b"\xef\xbb\xbfemail,name\nmaria@example.org,M\xe9\nno\xefbody@example.org,x\nper@example.org,P\n")
    done = portal("mint", "--key", key, "--choice", "newsletter.email", "--in", sheet, "--out", tmp_path / "out.csv")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1] == "2 links made, 1 lines left out."
    assert b"Line 3:" in done.stderr and b"body@example" not in done.stderr
    made = (tmp_path / "out.csv").read_bytes().splitlines()
    assert len(made) == 3 and b"M\xe9,https://privacy.example.com/p/" in made[1]
    piped = portal("mint", "--key", key, stdin=b"email\nper@example.org\n")
    assert piped.returncode == 0 and piped.stdout.count(b"https://") == 2


BROKEN = (
    "nobody,x",
    ",x",
    "per@example.org",
    "a@b@c,x",
    '"open@example.org,x',
    "x@masked.invalid,x",
    "a" * 300 + "@example.org,x",
)


@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_a_long_list_with_bad_lines_has_each_of_them_named_and_the_rest_minted(tmp_path, count):
    key, sheet, made = (tmp_path / name for name in ("key.json", "list.csv", "out.csv"))
    key.write_text(EXPORT.dump())
    wanted: dict[int, str] = {}
    with sheet.open("w") as out:
        out.write("email,name\n")
        for number in range(2, count + 2):
            wrong = BROKEN[number % len(BROKEN)] if number % 997 == 0 else ""
            out.write((wrong or f"person{number}@example{number % 500}.org,P") + "\n")
            wanted |= {number: wrong} if wrong else {}
    done = portal("mint", "--key", key, "--in", sheet, "--out", made)
    assert done.returncode == 1
    *named, summary = done.stderr.decode().splitlines()
    assert [int(line.removeprefix("Line ").partition(":")[0]) for line in named] == list(wanted)
    assert summary == f"{count - len(wanted)} links made, {len(wanted)} lines left out."
    with made.open() as out:
        next(out)
        left = (number for number in range(2, count + 2) if number not in wanted)
        for number, line in zip(left, out, strict=True):
            assert line.startswith(f"person{number}@example{number % 500}.org,P,https://")
            if number % 5000 == 0:
                assert opened(line).identifier.value == f"person{number}@example{number % 500}.org"


def long_list(*, end, mark, last, count=9000):
    """A list for several processes, with all that makes lines and pieces of it unlike one another."""
    odd = {
        7: b'"Lind, Maria"', 11: b'"two\nlines"', 13: b'"never closed', 17: b"M\xe9", 19: "Łucja".encode(), 23: b'say ""hi""',
        29: b'"' + b"long\n" * 40 + b'"', 31: b"one,more",
    }  # fmt: skip
    lines = [b"email,name"]
    for number in range(count):
        address = b"no\xefbody@example.org" if number % 997 == 0 else b"Person%d@example%d.org" % (number, number % 50)
        # Quotation marks come in heaps, so that there are pieces without any.
        kind = number % 40 if number // 1500 % 2 else number % 40 if number % 40 in (17, 19, 31) and number % 3 == 0 else 0
        lines.append(address + b"," + odd.get(kind, b"P" * (number % 60)))
    return mark + end.join(lines) + (end if last else b"")


TOKEN = re.compile(rb"(?<=/[pu]/)[\w-]+")


@pytest.mark.parametrize(
    ("end", "mark", "last"), [(b"\n", b"", True), (b"\r\n", b"\xef\xbb\xbf", False), (b"\r", b"", True)], ids=["lf", "crlf", "cr"]
)
def test_several_processes_write_what_one_writes_but_for_the_nonces(tmp_path, end, mark, last):
    key, sheet = tmp_path / "key.json", tmp_path / "list.csv"
    key.write_text(EXPORT.dump())
    sheet.write_bytes(long_list(end=end, mark=mark, last=last))
    seen = []
    for processes in (1, 2, 3):
        out = tmp_path / f"out{processes}"
        done = portal("mint", "--key", key, "--in", sheet, "--out", out, "--processes", processes)
        tokens = TOKEN.findall(out.read_bytes())
        assert len({token[:20] for token in tokens}) == len(tokens) / 2 > 7000, "a nonce came twice"
        seen.append((done.returncode, done.stderr, TOKEN.sub(lambda found: b"x" * len(found[0]), out.read_bytes())))
        assert opened(out.read_text(errors="replace").splitlines()[-1])
    assert seen[0][0] == 1 and seen[0][1].count(b"has a letter that we cannot use") == 8
    assert seen[1] == seen[0] and seen[2] == seen[0]


def test_several_processes_write_the_objects_that_one_writes(tmp_path):
    key, sheet = tmp_path / "key.json", tmp_path / "list.ndjson"
    key.write_text(EXPORT.dump())
    rows = [json.dumps({"email": f"p{number}@example.org" if number % 700 else 7, "name": "Ł" * 40}) for number in range(3000)]
    sheet.write_text("\ufeff" + "\n".join([*rows, "no object"]))
    seen = []
    for processes in (1, 2):
        done = portal("mint", "--key", key, "--in", sheet, "--out", tmp_path / "out", "--processes", processes)
        made = (tmp_path / "out").read_bytes()
        seen.append((done.returncode, done.stderr, TOKEN.sub(lambda found: b"x" * len(found[0]), made)))
    assert seen[0][1].startswith(b"Line 1: ") and b"Line 3001: " in seen[0][1]
    assert seen[1] == seen[0] and made.count(b"\n") == 2995


@pytest.fixture(params=["default"])
def flowing(request, tmp_path):
    """The command between two pipes, in a group of processes of its own, with a list that does not end; and what Ctrl-C does there."""
    key = tmp_path / "key.json"
    key.write_text(EXPORT.dump())
    # A run of tests in the background of a script ignores it.
    begun = ["env", f"--{request.param}-signal=INT", sys.executable, "-m", "portal"]
    command = [*begun, "links", "mint", "--key", str(key), "--processes", "2"]
    endless, pipe = ["sh", "-c", "echo email; exec yes per@example.org"], subprocess.PIPE
    with (
        subprocess.Popen(endless, stdout=pipe) as source,
        subprocess.Popen(command, cwd=ROOT, stdin=source.stdout, stdout=pipe, stderr=pipe, start_new_session=True) as process,
    ):
        assert source.stdout
        assert process.stdout
        source.stdout.close()
        for _ in range(20_000):
            assert process.stdout.readline()
        yield process
        process.kill()
        source.kill()


def test_a_list_through_pipes_is_shared_and_a_reader_that_leaves_ends_it_quietly(flowing):
    flowing.stdout.close()
    assert flowing.wait(30) == 141
    assert flowing.stderr.read() == b""


def test_ctrl_c_ends_all_processes_with_a_word_that_there_is_no_end(flowing):
    os.killpg(flowing.pid, signal.SIGINT)
    assert flowing.wait(30) == 130
    # The end of the pipe: no process holds it any more.
    flowing.stdout.read()
    assert flowing.stderr.read() == b"portal: Interrupted. What was written is not whole.\n"


@pytest.mark.parametrize("flowing", ["ignore"], indirect=True)
def test_where_ctrl_c_is_ignored_all_processes_go_on(flowing):
    os.killpg(flowing.pid, signal.SIGINT)
    for _ in range(20_000):
        assert flowing.stdout.readline()
    assert flowing.poll() is None


@pytest.mark.parametrize("days", ["99999999", "-3", "1.5", "\u0663"])
def test_days_that_no_link_can_hold_are_refused_in_plain_words(tmp_path, days):
    key = tmp_path / "key.json"
    key.write_text(EXPORT.dump())
    done = portal("mint", "--key", key, f"--days={days}", stdin=b"email\nper@example.org\n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"from 0 to 20000" in done.stderr and b"fault of ours" not in done.stderr
