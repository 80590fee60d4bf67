"""Fjordkaffe AS, Bergen: a made-up coffee shop with a shop database and a mail tool."""

from datetime import date

from demo.database import Rows, fill
from demo.fjordkaffe.accounts import customers, days_since_joined, open_accounts
from demo.fjordkaffe.consents import newsletters, who_agreed
from demo.fjordkaffe.mail import mailtool, send
from demo.fjordkaffe.profiles import observe
from demo.fjordkaffe.sales import sell
from demo.fjordkaffe.schema import shop
from demo.fjordkaffe.service import serve


def make_shop(url: str, today: date) -> bool:
    """Make the shop database at `url`; False where it is there already. Raises `NotADemoDatabase`."""
    return fill(url, shop, lambda: _shop_rows(today))


def make_mailtool(url: str, today: date) -> bool:
    """Make the mail tool's database at `url`; False where it is there already. Raises `NotADemoDatabase`."""
    return fill(url, mailtool, lambda: send(today))


def _shop_rows(today: date) -> Rows:
    people, joined = customers(), days_since_joined()
    accounts, lives_at = open_accounts(today)
    return (
        accounts
        | sell(people, joined, lives_at, today)
        | serve(people, joined, today)
        | newsletters(today)
        | observe(people, joined, _agreed(today, "visits"), _agreed(today, "orders"), today)
    )


def _agreed(today: date, channel: str) -> frozenset[str]:
    return who_agreed(today, "personal_offers", channel)
