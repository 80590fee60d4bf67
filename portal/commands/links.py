"""`portal links`: keys of links in mails, and links for whole lists of people, made without a database.

Must never print a key anywhere but into a file for its owner alone, and never take an address as an argument.
"""

import argparse
import gc
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from portal.core import clock, crypto
from portal.core.crypto_links import newest_link_key, with_key_shut_off, with_link_key
from portal.core.errors import PortalError
from portal.core.rotation import MOST, cores, take_turns
from portal.people.identifier import EMAIL, Identifier
from portal.people.lines import BadLine
from portal.people.link_tokens import KIND_NUMBERS, Link, Scope
from portal.people.minting import CsvList, KeyExport, Linker, Minted, NdjsonList

if TYPE_CHECKING:
    from portal.config.model import Company

DAYS = 365
MOST_DAYS = 20_000
MOST_PROCESSES = 64
STAND_IN = "x"
"""Stands in a pattern where each link has its own identifier."""


class NoLinkKey(PortalError):
    """The company has no such key of links, or no key file that could be written."""


def add(commands: Any) -> None:
    """Add the acts."""
    parser: argparse.ArgumentParser = commands.add_parser("links", help="keys of links in mails; links for lists of people")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    _add_keys(acts)
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
            act.add_argument("--out", type=Path, help="where to write (standard output)")
        if name == "mint":
            act.add_argument("--in", dest="list", type=Path, help="the list (standard input)")
            act.add_argument("--column", default="email", help="the column or field with the identifier (email)")
            act.add_argument("--format", choices=("csv", "ndjson"), help="of the list (by its name, else csv)")
            act.add_argument(
                "--processes",
                type=_processes,
                default=cores(),
                help=f"how many share a long list (the cores there are, up to {MOST})",
            )


def _add_keys(acts: Any) -> None:
    keys = acts.add_parser("keys", help="make, list, export and shut off keys of links").add_subparsers(
        metavar="ACT", required=True
    )
    for name, summary, run in (
        ("new", "add a newest key for a company", new_key),
        ("list", "the keys of a company", list_keys),
        ("export", "write the newest key to a file, for the machine that mints", export_key),
        ("shut-off", "from now on links of that key only stop messages, and show nothing", shut_off),
    ):
        act = keys.add_parser(name, help=summary)
        act.add_argument("--company", required=True, help="key of the company in portal.yaml")
        act.set_defaults(run=run)
        if name == "shut-off":
            act.add_argument("number", type=int, help="number of the key")
        if name == "export":
            act.add_argument("file", type=Path, help="where to write it (only its owner may read it)")


def new_key(chosen: argparse.Namespace) -> int:
    """Make a key and write the ring."""
    _company(chosen.company)
    file, ring = _ring()
    links = with_link_key(ring.links, chosen.company, today=clock.now().date())
    crypto.write_key_file(file, replace(ring, links=links))
    print(
        f"Key {links[chosen.company][-1].number} is the newest of {chosen.company}. Older keys keep working; export this one to mint."
    )
    return 0


def list_keys(chosen: argparse.Namespace) -> int:
    """One line a key; never the key itself."""
    _company(chosen.company)
    own = _ring()[1].links.get(chosen.company, ())
    for key in own:
        print(f"{key.number:>5}  made {key.made_on}  {f'shut off {key.shut_off_on}' if key.shut_off_on else 'in use'}")
    if not own:
        print(f"{chosen.company} has no key of links yet: `portal links keys new --company {chosen.company}`.")
    return 0


def shut_off(chosen: argparse.Namespace) -> int:
    """A key that got into other hands."""
    _company(chosen.company)
    file, ring = _ring()
    if chosen.number not in [key.number for key in ring.links.get(chosen.company, ())]:
        raise NoLinkKey(f"{chosen.company} has no key {chosen.number}. `portal links keys list` shows them.")
    links = with_key_shut_off(ring.links, chosen.company, chosen.number, today=clock.now().date())
    crypto.write_key_file(file, replace(ring, links=links))
    print(
        f"Key {chosen.number} is shut off. Its links stop messages and show nothing; whoever is stopped by one gets a mail with an undo."
    )
    return 0


def export_key(chosen: argparse.Namespace) -> int:
    """What the minting machine needs, and nothing more."""
    from portal.consent.basis import NO_CHOICE

    company = _company(chosen.company)
    key = newest_link_key(_ring()[1].links, chosen.company)
    if key is None:
        raise NoLinkKey(f"{chosen.company} has no key in use. Make one: `portal links keys new --company {chosen.company}`.")
    choices = [f"{one}.{channel}" for one, it in company.purposes.items() if it.basis not in NO_CHOICE for channel in it.channels]
    export = KeyExport(chosen.company, company.url, key, tuple(choices))
    handle = os.open(chosen.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(export.dump())
    print(f"Wrote key {key.number} of {chosen.company}. Whoever has it can make links for anyone: keep it like a password.")
    return 0


def mint(chosen: argparse.Namespace) -> int:
    """The whole list, streaming; names bad lines on standard error. Returns 1 where a line was left out."""
    is_json = chosen.format == "ndjson" or (not chosen.format and chosen.list and chosen.list.suffix in (".ndjson", ".jsonl"))
    # What is loaded stays to the end: the collector need not go through it, here, in processes that begin as copies, and once more at the end.
    gc.freeze()
    kind: type[CsvList | NdjsonList] = NdjsonList if is_json else CsvList
    with _reading(chosen.list) as source, _writing(chosen.out) as sink:
        people = kind(source, _linker(chosen), column=chosen.column)
        sink.write(people.head)
        made, left_out = take_turns(people.parts, people.mint, partial(_write, sink), chosen.processes)
    print(f"{made} links made, {left_out} lines left out.", file=sys.stderr)
    return 1 if left_out else 0


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
    print(f"List-Unsubscribe: <{one_click}>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return 0


def qr(chosen: argparse.Namespace) -> int:
    """For a letter or a parcel."""
    import segno

    page, _one_click = _one(chosen)
    picture = io.BytesIO()
    segno.make_qr(page, error="m").save(picture, kind="svg", xmldecl=False, scale=4, border=4)
    with _writing(chosen.out) as sink:
        sink.write(picture.getvalue())
    return 0


def _one(chosen: argparse.Namespace) -> tuple[str, str]:
    try:
        return _linker(chosen).links_of(sys.stdin.readline())
    except BadLine as reason:
        raise PortalError(str(reason)) from None


def _linker(chosen: argparse.Namespace) -> Linker:
    now = clock.now()
    scope = Scope.STOP if chosen.only_stop else Scope.PREFERENCES
    pattern = Link(
        Identifier(chosen.kind, STAND_IN), now, now + timedelta(days=chosen.days), scope, chosen.choice, chosen.campaign
    )
    return Linker(KeyExport.parse(chosen.key.read_text(encoding="utf-8")), pattern)


def _days(typed: str) -> int:
    """The days of `--days`: a token holds no moment after 2105."""
    if not typed.isascii() or not typed.isdigit() or len(typed) > len(str(MOST_DAYS)) or int(typed) > MOST_DAYS:
        raise argparse.ArgumentTypeError(f"a number of days from 0 to {MOST_DAYS}")
    return int(typed)


def _processes(typed: str) -> int:
    if not typed.isascii() or not typed.isdigit() or len(typed) > 2 or not 1 <= int(typed) <= MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST_PROCESSES}")
    return int(typed)


def _company(key: str) -> "Company":
    from portal.commands.demo import urls_of
    from portal.config import load_config
    from portal.settings import settings

    companies = load_config(settings().config, urls=urls_of(settings())).portal.companies
    if key not in companies:
        raise NoLinkKey(f"No company `{key}`. There are: {', '.join(sorted(companies))}.")
    return companies[key]


def _ring() -> tuple[Path, crypto.KeyRing]:
    named = os.environ.get("PORTAL_KEYS_FILE")
    if not named:
        raise NoLinkKey("Give the keys as PORTAL_KEYS_FILE; PORTAL_KEYS cannot be written back.")
    file = Path(named)
    return file, crypto.parse_key_ring(file.read_text(encoding="utf-8"))


@contextmanager
def _reading(file: Path | None) -> Iterator[BinaryIO]:
    with file.open("rb") if file else nullcontext(sys.stdin.buffer) as source:
        yield source


@contextmanager
def _writing(file: Path | None) -> Iterator[BinaryIO]:
    with file.open("wb") if file else os.fdopen(os.dup(sys.stdout.fileno()), "wb") as sink:
        yield sink
