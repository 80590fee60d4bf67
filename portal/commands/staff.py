"""`portal staff add | list | role | code | remove`: who works at the console. The first code is shown once, here, and nowhere else."""

import argparse
import getpass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from portal.commands.companies import start_for

if TYPE_CHECKING:
    from portal.accounts.staff import Staff


def add(commands: Any) -> None:
    """Add the acts; each needs `--company`."""
    parser: argparse.ArgumentParser = commands.add_parser("staff", help="who works at the console, and what they may do")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    for name, summary, run in (
        ("add", "add a member of staff and show their first code once", add_staff),
        ("list", "who there is: id, roles, name, address", list_staff),
        ("role", "give exactly these roles", set_role),
        ("code", "one new recovery code for who has none; those of before end", new_code),
        ("remove", "end what they may do, at once", remove),
    ):
        act = acts.add_parser(name, help=summary)
        act.add_argument("--company", required=True, help="key of the company in portal.yaml")
        act.set_defaults(run=run)
        if name != "list":
            act.add_argument("address", help="their work e-mail address")
        if name == "add":
            act.add_argument("--name", required=True, help="the name that colleagues know them by")
        if name in ("add", "role"):
            act.add_argument(
                "--role", action="append", required=True, dest="roles", metavar="ROLE",
                help="agent, approver, privacy_officer, admin or auditor; may be given several times",
            )  # fmt: skip


def add_staff(chosen: argparse.Namespace) -> int:
    """Print the code on a line of its own; it is handed over in person, so that the mailbox alone opens nothing."""
    from portal.accounts import staff
    from portal.identity.recovery_codes import make_codes

    running, company_id = start_for(chosen)
    with running.database.writing(company_id) as db:
        made = staff.add_staff(db, address=_normal(chosen, company_id), name=chosen.name, roles=chosen.roles, by=_who())
        (code,) = make_codes(db, made, by=_who(), count=1)
    print(f"{made.public_id} is added. They sign in at /console with a mailed link and this code, which is good once:")
    print(code)
    return 0


def list_staff(chosen: argparse.Namespace) -> int:
    """One line each."""
    from portal.accounts.staff import staff_of

    running, company_id = start_for(chosen)
    with running.database.reading(company_id) as db:
        everyone = staff_of(db)
    for one in everyone:
        print(f"{one.public_id}  {' '.join(sorted(one.roles)):<24} {one.name} <{one.address}>")
    if not everyone:
        print("No staff yet. `portal staff add` makes the first.")
    return 0


def set_role(chosen: argparse.Namespace) -> int:
    """From their next request on."""
    from portal.accounts.staff import set_roles

    running, company_id = start_for(chosen)
    with running.database.writing(company_id) as db:
        changed = set_roles(db, _named(db, chosen, company_id).public_id, chosen.roles, by=_who())
    print(f"{changed.public_id} has these roles now: {' '.join(sorted(changed.roles))}.")
    return 0


def new_code(chosen: argparse.Namespace) -> int:
    """For who lost passkey and codes: the operator is the second person, and hands it over in person."""
    from portal.identity.recovery_codes import make_codes

    running, company_id = start_for(chosen)
    with running.database.writing(company_id) as db:
        codes = make_codes(db, _named(db, chosen, company_id), by=_who(), count=1)
    print("This code is good once; codes of before have ended:")
    print(*codes)
    return 0


def remove(chosen: argparse.Namespace) -> int:
    """Sessions, passkeys and codes open nothing from the next request on, in any process."""
    from portal.accounts.staff import remove_staff
    from portal.cases.desk import let_go

    running, company_id = start_for(chosen)
    with running.database.writing(company_id) as db:
        gone = remove_staff(db, _named(db, chosen, company_id).public_id, by=_who())
        let_go(db, gone)
    print(f"{gone.public_id} is removed.")
    return 0


def _named(db: Session, chosen: argparse.Namespace, company_id: int) -> "Staff":
    from portal.accounts.staff import NoSuchStaff, staff_at

    found = staff_at(db, _normal(chosen, company_id))
    if found is None:
        raise NoSuchStaff("No member of staff has this address. `portal staff list` shows them.")
    return found


def _normal(chosen: argparse.Namespace, company_id: int) -> str:
    from portal.accounts import registry
    from portal.people.addresses import normal_address

    return normal_address(chosen.address, allow_non_ascii=registry.company(company_id).allow_non_ascii_addresses)


def _who() -> str:
    return f"operator:{getpass.getuser()}"[:40]
