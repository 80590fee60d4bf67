"""A process of its own that does what another process does at the same moment. Waits until its standard input closes, then acts.

python -m tests.rooms.consent.crowd answer <person id> <how often>
python -m tests.rooms.consent.crowd publish
python -m tests.rooms.consent.crowd import <how many people>
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from portal.consent.notices import publish_notices
from portal.consent.seeding import import_history
from portal.consent.words import Act
from tests.rooms.consent.customers import Customer, OldAct, changed_configuration, configuration, open_for_choices
from tests.rooms.world import World, begin_in_another_process

NEW_WORDS = {"newsletter": {"en": "New words.", "de": "Neue Worte."}, "partners": {"en": "Other words.", "de": "Andere Worte."}}


def answer(world: World, person_id: str, count: str) -> None:
    """Say yes and no in turn, each in a transaction of its own."""
    for number in range(int(count)):
        with world.writing() as db:
            Customer(db, int(person_id)).did(Act.GIVEN if number % 2 == 0 else Act.WITHDRAWN)


def publish(world: World) -> None:
    """Publish changed words, as a start does."""
    with world.writing() as db:
        sys.stdout.write(f"{publish_notices(db, changed_configuration(NEW_WORDS).company('first'))}\n")


def bring_in(world: World, count: str) -> None:
    """Bring the same history in."""
    with world.writing() as db:
        sys.stdout.write(f"{import_history(db, history(int(count)))}\n")


def history(people: int) -> list[OldAct]:
    """What so many people said before the portal came: two acts each."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    yes = [OldAct(f"person{number}@example.org", "given", start + timedelta(hours=number)) for number in range(people)]
    no = [OldAct(one.email, "refused", one.at + timedelta(days=400), channel="sms") for one in yes]
    return [*yes, *no]


def main(act: str, *arguments: str) -> None:
    """Get ready, say so, wait for the start, act."""
    configuration()
    world = open_for_choices(begin_in_another_process())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    acts: dict[str, Callable[..., None]] = {"answer": answer, "publish": publish, "import": bring_in}
    acts[act](world, *arguments)
    world.database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
