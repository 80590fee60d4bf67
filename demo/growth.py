"""Grows one customer's rows for measurements. Must never be asked of a database that the demo did not make."""

from datetime import timedelta

from sqlalchemy import func, inspect, select

from demo.database import STAMP, NotADemoDatabase, Row, moment, open_engine
from demo.fjordkaffe.schema import customers, page_views
from demo.stars import MANY_ORDERS
from portal.core import clock

BATCH = 50_000


def scale(url: str, rows: int, *, customer_number: str = MANY_ORDERS.customer_number) -> None:
    """Fill up the page views of one Fjordkaffe customer until there are `rows` of them; takes none away.

    Raises `NotADemoDatabase`, and `LookupError` for a customer number that is not there.
    """
    engine, begin = open_engine(url), moment(clock.now().date(), 90)
    try:
        with engine.begin() as db:
            if not inspect(db).has_table(STAMP):
                raise NotADemoDatabase
            customer = db.scalar(select(customers.c.id).where(customers.c.customer_number == customer_number))
            if customer is None:
                raise LookupError("This customer number is not in the demo. Name one of demo.stars.")
            count = db.scalar(select(func.count()).where(page_views.c.customer_id == customer)) or 0
            last = db.scalar(select(func.max(page_views.c.id))) or 0
            for first in range(count, rows, BATCH):
                batch: list[Row] = [
                    {
                        "id": last + number - count + 1,
                        "customer_id": customer,
                        "page": f"/coffee/{number}",
                        "ip_address": "203.0.113.7",
                        "browser": "Firefox on Linux",
                        "viewed_at": begin + timedelta(seconds=number),
                    }
                    for number in range(first, min(first + BATCH, rows))
                ]
                db.execute(page_views.insert(), batch)
    finally:
        engine.dispose()
