"""The first line of a list: the column is found wherever a program puts it, and whoever gave another file is told what is wrong with it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.people.heads import HeadRefused, read_head
from portal.people.lines import NotUtf8
from portal.people.minting import CsvList, Linker, NdjsonList
from tests.rooms.people.test_minting import EXPORT, minted, opened, pattern, portal


def head(line, column="email", comma=None):
    return read_head(line, column, added=("preferences_link", "unsubscribe_link"), comma=comma)


@pytest.mark.parametrize(
    ("line", "comma", "names"),
    [
        ("email;Preis, netto\n", ";", ["email", "Preis, netto"]),
        ('email;"first, last"\n', ";", ["email", "first, last"]),
        ('email,"a;b;c"\n', ",", ["email", "a;b;c"]),
        ('"first, last";email\n', ";", ["first, last", "email"]),
        ('"a;b;c"\t"email"\n', "\t", ["a;b;c", "email"]),
        ("email", ",", ["email"]),
        ("id; email ;x,y,z,w", ";", ["id", "email", "x,y,z,w"]),
    ],
)
def test_the_sign_that_parts_the_cells_is_the_one_with_which_the_column_is_there(line, comma, names):
    found = head(line)
    assert (found.comma, found.names, found.names[found.place]) == (comma, names, "email")


NAMES = st.lists(st.text(st.sampled_from('ab,;\t" '), min_size=1, max_size=8), max_size=4)


@given(NAMES, NAMES, st.sampled_from(",;\t"))
def test_a_head_whose_cells_are_all_quoted_is_never_misread(before, after, comma):
    names = [*before, "email", *after]
    found = head(comma.join('"{}"'.format(name.replace('"', '""')) for name in names))
    assert (found.names, found.place) == ([name.strip() for name in names], len(before))
    assert found.comma == comma or len(names) == 1


def test_where_two_signs_would_do_nobody_guesses():
    with pytest.raises(HeadRefused, match="--delimiter"):
        head("email;x,email,y;z\n")
    assert head("email,x;email\n", comma=";").names == ["email,x", "email"]


def test_whoever_knows_better_says_what_parts_the_columns(tmp_path):
    key = tmp_path / "key.json"
    key.write_text(EXPORT.dump())
    for word, sign in (("|", "|"), ("tab", "\t"), (";", ";")):
        rows = f"name{sign}email\nLind, M{sign}per@example.org\n".encode()
        done = portal("mint", "--key", key, "--delimiter", word, stdin=rows)
        assert done.returncode == 0 and done.stdout.startswith(f"name{sign}email{sign}preferences_link{sign}".encode())
        assert done.stdout.splitlines()[1].startswith(f"Lind, M{sign}per@example.org{sign}https://".encode())
    for wrong in ("x", '"', "@", "", ",,"):
        assert portal("mint", "--key", key, "--delimiter", wrong, stdin=rows).returncode == 2
    done = portal("mint", "--key", key, "--delimiter", ";", "--format", "ndjson", stdin=b'{"email": "per@example.org"}\n')
    assert done.returncode == 1 and b"leave --delimiter out" in done.stderr and done.stdout == b""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "The list is empty."),
        ("\n", "The first line is empty."),
        ("id,Email\n", "It names `Email`: say --column with these very letters."),
        ("id;e-mail;first_name\n", "It names `id`, `e-mail`, `first_name`. Say the right one with --column."),
        ("id|email\n", "say which with --delimiter"),
        ('{"email": "per@example.org"}\n', "say --format ndjson"),
        ("Stra\udcdfe;mail\n", "The list is not UTF-8"),
        ('name,"email\n', "Its quotation marks do not fit"),
        ("email,name, email \n", "Columns 1 and 3 are both named `email`"),
        ("email,preferences_link,unsubscribe_link\n", "There is a column `preferences_link` already"),
        ("email,unsubscribe_link\n", "There is a column `unsubscribe_link` already"),
    ],
)
def test_what_is_wrong_is_said(line, said):
    with pytest.raises(HeadRefused) as refused:
        head(line)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "line", ["Maria;maria@example.org", "4711,Maria", "+49 170 12,Maria", "K-100234,Maria", "Maria Lind;Oslo;cancer ward"]
)
def test_a_line_that_could_be_data_is_not_repeated(line):
    with pytest.raises(HeadRefused, match="could be a line of data") as refused:
        head(line)
    assert "Maria" not in str(refused.value)


def test_many_names_or_odd_ones_do_not_fill_the_screen():
    with pytest.raises(HeadRefused) as refused:
        head(",".join(f"name{number}" for number in range(500)))
    assert len(str(refused.value)) < 500 and "and others" in str(refused.value)
    for odd in ("\x1b[31mred", "x" * 500):
        with pytest.raises(HeadRefused) as refused:
            head(f"name,{odd}")
        assert odd not in str(refused.value)


@pytest.mark.parametrize("form", [CsvList, NdjsonList])
@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_what_excel_calls_unicode_text_is_told_apart(form, coding):
    with pytest.raises(NotUtf8, match="CSV UTF-8"):
        form(io.BytesIO('email\tname\r\n{"email": "x"}\r\n'.encode(coding)), Linker(EXPORT, pattern()), column="email")


def test_the_mark_that_excel_reads_umlauts_by_stays_with_a_sheet_and_goes_from_objects():
    out, bad = minted("\ufeffemail;Straße\nper@example.org;Hauptstraße\n")
    assert bad == [] and out[0] == "\ufeffemail;Straße;preferences_link;unsubscribe_link\n"
    assert opened(out[1]).identifier.value == "per@example.org"
    out, bad = minted('\ufeff{"email": "per@example.org"}\n', form=NdjsonList)
    assert bad == [] and out[0].startswith('{"email"')
