"""Two made-up companies with made-up customers, the same at every run: for the walk-through, tests and measurements.

Must never hold anything of a real person, and never write to a database that holds anything else.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from demo import alpenrad, fjordkaffe, stars
from demo.alpenrad.consents import consents as _consents_of_alpenrad
from demo.alpenrad.crm import contacts as _contacts
from demo.consents import ConsentAct
from demo.database import NotADemoDatabase, version
from demo.fjordkaffe.accounts import customers as _customers
from demo.fjordkaffe.consents import consents as _consents_of_fjordkaffe
from demo.growth import scale
from demo.stars import HOUSEHOLD, NOBODY, SHARED, SHARED_ADDRESS, Person
from portal.core import clock

CONFIG = Path(__file__).parent / "portal.yaml"
CUSTOMER = stars.MAREN.email
STAFF_ADDRESS = "privacy.desk@example.net"
STAFF_NAME = "Ida of the privacy desk"
STAFF_ROLES = ("privacy_officer",)

FILES = {
    "DEMO_FJORDKAFFE_SHOP_URL": "fjordkaffe_shop.db",
    "DEMO_FJORDKAFFE_MAIL_URL": "fjordkaffe_mail.db",
    "DEMO_ALPENRAD_CRM_URL": "alpenrad_crm.db",
    "DEMO_ALPENRAD_BILLING_URL": "alpenrad_billing.db",
}
"""The variables that `portal.yaml` names, and the file that stands for each."""

__all__ = [
    "FILES",
    "CONFIG",
    "CUSTOMER",
    "HOUSEHOLD",
    "NOBODY",
    "SHARED",
    "SHARED_ADDRESS",
    "STAFF_ADDRESS",
    "STAFF_NAME",
    "STAFF_ROLES",
    "ConsentAct",
    "NotADemoDatabase",
    "Person",
    "consent_history",
    "environment",
    "make",
    "make_alpenrad",
    "make_fjordkaffe",
    "people",
    "scale",
    "version",
]


def environment(folder: Path) -> dict[str, str]:
    """What the environment must say so that `portal.yaml` finds the databases of `make(folder)`."""
    return {name: f"sqlite:///{folder.resolve() / file}" for name, file in FILES.items()}


def make(folder: Path, today: date | None = None) -> None:
    """Make the four databases as SQLite files in `folder`, with stories that end the day before `today` (UTC; the clock's by default).

    What this version of the demo made before is left as it is. Raises `NotADemoDatabase`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    urls = environment(folder)
    make_fjordkaffe(urls["DEMO_FJORDKAFFE_SHOP_URL"], today, mailtool=urls["DEMO_FJORDKAFFE_MAIL_URL"])
    make_alpenrad(urls["DEMO_ALPENRAD_CRM_URL"], urls["DEMO_ALPENRAD_BILLING_URL"], today)


def make_fjordkaffe(shop: str, today: date | None = None, *, mailtool: str | None = None) -> None:
    """Make Fjordkaffe's shop, and its mail tool where one is named, at SQLAlchemy URLs of SQLite or PostgreSQL."""
    fjordkaffe.make_shop(shop, today or clock.now().date())
    if mailtool:
        fjordkaffe.make_mailtool(mailtool, today or clock.now().date())


def make_alpenrad(crm: str, billing: str, today: date | None = None) -> None:
    """Make Alpenrad's two databases at SQLAlchemy URLs."""
    alpenrad.make_crm(crm, today or clock.now().date())
    alpenrad.make_billing(billing, today or clock.now().date())


def people(company: str) -> tuple[Person, ...]:
    """Everyone a company knows, by its key in `portal.yaml`; first those of `demo.stars`. Raises `KeyError`."""
    return {"fjordkaffe": _customers, "alpenrad": _contacts}[company]()


def consent_history(company: str, today: date | None = None) -> Iterator[ConsentAct]:
    """What the people of a company agreed to before the portal came, oldest first. Raises `KeyError`."""
    return {"fjordkaffe": _consents_of_fjordkaffe, "alpenrad": _consents_of_alpenrad}[company](today or clock.now().date())
