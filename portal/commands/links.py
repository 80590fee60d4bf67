"""`portal links`: keys of links in mails, and links for whole lists of people, made without a database.

Must never print a key anywhere but into a file for its owner alone, and never take an address as an argument.
"""

import argparse
import gc
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from portal.commands import link_keys
from portal.commands.whole_file import refuse_same_file, writing
from portal.core import clock
from portal.core.errors import PortalError
from portal.core.rotation import MOST, cores, take_turns
from portal.people.identifier import EMAIL, Identifier
from portal.people.lines import BYTE_ORDER_MARK, BadLine, text_of
from portal.people.link_tokens import KIND_NUMBERS, Link, Scope
from portal.people.minting import CsvList, KeyExport, Linker, Minted, NdjsonList

DAYS = 365
MOST_DAYS = 20_000
MOST_PROCESSES = 64
DELIMITERS = (",", ";", "|", "\t")
STAND_IN = "x"
"""Stands in a pattern where each link has its own identifier."""

LONGEST_LINE = 998
"""Letters of a line in a mail (RFC 5322 2.1.1). A link cannot be folded."""

LONGEST_GIVEN = 4096
"""Bytes of the one identifier on standard input, which are far more than it may have."""


class NotOne(PortalError):
    """What came on standard input is not one identifier."""


class LineTooLong(PortalError):
    """A header that no mail may have."""


def add(commands: Any) -> None:
    """Add the acts."""
    parser: argparse.ArgumentParser = commands.add_parser("links", help="keys of links in mails; links for lists of people")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    link_keys.add(acts)
    for name, summary, run in (
        ("mint", "add two columns of links to a CSV or NDJSON list", mint),
        ("headers", "print the unsubscribe headers for the address on standard input", headers),
        ("qr", "write the preference link of the address on standard input as an SVG", qr),
    ):
        act = acts.add_parser(name, help=summary)
        act.set_defaults(run=run)
        act.add_argument("--key", type=Path, required=True, help="the file that `portal links keys export` wrote")
        act.add_argument(
            "--choice", default="", help="the one choice that the mail is about, like newsletter.email; else all marketing"
        )
        act.add_argument("--campaign", default="", help="a name of your own, which comes back in no page")
        act.add_argument("--kind", choices=sorted(KIND_NUMBERS), default=EMAIL, help="what the list holds (email)")
        act.add_argument(
            "--days", type=_days, default=DAYS, help=f"how long a link shows choices ({DAYS}); it stops messages for ever"
        )
        act.add_argument("--only-stop", action="store_true", help="links that show no choices and only stop messages")
        if name != "headers":
            act.add_argument("--out", type=_file, help="where to write (standard output)")
        if name == "mint":
            act.add_argument("--in", dest="list", type=_file, help="the list (standard input)")
            act.add_argument("--column", default="email", help="the column or field with the identifier (email)")
            act.add_argument(
                "--delimiter", type=_delimiter, help="what parts the columns of a CSV list: , ; | or tab (by its first line)"
            )
            act.add_argument("--format", choices=("csv", "ndjson"), help="of the list (by its name, else csv)")
            act.add_argument(
                "--processes",
                type=_processes,
                default=cores(),
                help=f"how many share a long list (the cores there are, up to {MOST})",
            )


def mint(chosen: argparse.Namespace) -> int:
    """The whole list, streaming; names bad lines on standard error. Returns 1 where a line was left out."""
    is_json = chosen.format == "ndjson" or (not chosen.format and chosen.list and chosen.list.suffix in (".ndjson", ".jsonl"))
    # What is loaded stays to the end: the collector need not go through it, here, in processes that begin as copies, and once more at the end.
    gc.freeze()
    if is_json and chosen.delimiter:
        raise PortalError("Nothing parts columns in a list of JSON objects: leave --delimiter out.")
    with _reading(chosen.list) as source:
        refuse_same_file(chosen.out, source, "the list")
        people = _list(chosen, source, is_json=is_json)
        with writing(chosen.out) as sink:
            sink.write(people.head)
            made, left_out = take_turns(people.parts, people.mint, partial(_write, sink), chosen.processes)
    print(f"{made} links made, {left_out} lines left out.", file=sys.stderr)
    return 1 if left_out else 0


def _list(chosen: argparse.Namespace, source: BinaryIO, *, is_json: bool) -> CsvList | NdjsonList:
    linker = _linker(chosen)
    if is_json:
        return NdjsonList(source, linker, column=chosen.column)
    return CsvList(source, linker, column=chosen.column, comma=chosen.delimiter)


def _write(sink: BinaryIO, minted: Minted) -> tuple[int, int]:
    """Lines with links, and what is said of those without. Nothing stays in a buffer: others write after this."""
    for number, reason in minted.refused:
        print(f"Line {number}: {reason}", file=sys.stderr)
    sink.write(minted.lines)
    sink.flush()
    return minted.made, len(minted.refused)


def headers(chosen: argparse.Namespace) -> int:
    """The two headers of RFC 8058. Sign them with DKIM, or mail programs ignore them."""
    _page, one_click = _one(chosen)
    line = f"List-Unsubscribe: <{one_click}>"
    if len(line) > LONGEST_LINE:
        raise LineTooLong(
            f"The header would have {len(line)} letters, and a mail has at most {LONGEST_LINE} in a line. Take a shorter --campaign."
        )
    print(f"{line}\nList-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return 0


def qr(chosen: argparse.Namespace) -> int:
    """For a letter or a parcel."""
    import segno

    page, _one_click = _one(chosen)
    picture = io.BytesIO()
    segno.make_qr(page, error="m").save(picture, kind="svg", xmldecl=False, scale=4, border=4)
    with writing(chosen.out) as sink:
        sink.write(picture.getvalue())
    return 0


def _one(chosen: argparse.Namespace) -> tuple[str, str]:
    linker, given = _linker(chosen), sys.stdin.buffer
    first = given.readline(LONGEST_GIVEN)
    # Whoever types ends with the first line; of a file or another program it is seen whether more follows.
    if not given.isatty() and (len(first) == LONGEST_GIVEN or given.read(LONGEST_GIVEN).strip()):
        raise NotOne("This is more than one address. For a list there is `portal links mint`.")
    try:
        return linker.links_of(text_of(first.removeprefix(BYTE_ORDER_MARK)))
    except BadLine as reason:
        raise NotOne(str(reason)) from None


def _linker(chosen: argparse.Namespace) -> Linker:
    now = clock.now()
    scope = Scope.STOP if chosen.only_stop else Scope.PREFERENCES
    pattern = Link(
        Identifier(chosen.kind, STAND_IN), now, now + timedelta(days=chosen.days), scope, chosen.choice, chosen.campaign
    )
    with chosen.key.open("rb") as key:
        refuse_same_file(getattr(chosen, "out", None), key, "the file with the key")
        return Linker(KeyExport.parse(key.read()), pattern)


def _file(typed: str) -> Path | None:
    """A file; none where `-` stands for standard input or output."""
    return None if typed == "-" else Path(typed)


def _days(typed: str) -> int:
    """The days of `--days`: a token holds no moment after 2105."""
    if not typed.isascii() or not typed.isdigit() or len(typed) > len(str(MOST_DAYS)) or int(typed) > MOST_DAYS:
        raise argparse.ArgumentTypeError(f"a number of days from 0 to {MOST_DAYS}")
    return int(typed)


def _delimiter(typed: str) -> str:
    sign = {"tab": "\t", "\\t": "\t"}.get(typed, typed)
    if sign not in DELIMITERS:
        raise argparse.ArgumentTypeError("one of , ; | or the word tab")
    return sign


def _processes(typed: str) -> int:
    if not typed.isascii() or not typed.isdigit() or len(typed) > 2 or not 1 <= int(typed) <= MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST_PROCESSES}")
    return int(typed)


@contextmanager
def _reading(file: Path | None) -> Iterator[BinaryIO]:
    with file.open("rb") if file else nullcontext(sys.stdin.buffer) as source:
        yield source
