"""Grows one customer's rows for measurements. Must never be asked of a database that the demo did not make."""

from sqlalchemy import String, cast, func, inspect, literal, select

from demo.database import STAMP, NotADemoDatabase, moment, open_engine
from demo.fjordkaffe.schema import customers, page_views
from demo.stars import MANY_ORDERS
from portal.core import clock


def scale(url: str, rows: int, *, customer_number: str = MANY_ORDERS.customer_number) -> None:
    """Fill up the page views of one Fjordkaffe customer until there are `rows` of them; takes none away.

    Raises `NotADemoDatabase`, and `LookupError` for a customer number that is not there.
    """
    engine = open_engine(url)
    try:
        with engine.begin() as db:
            if not inspect(db).has_table(STAMP):
                raise NotADemoDatabase
            customer = db.scalar(select(customers.c.id).where(customers.c.customer_number == customer_number))
            if customer is None:
                raise LookupError("This customer number is not in the demo. Name one of demo.stars.")
            missing = rows - (db.scalar(select(func.count()).where(page_views.c.customer_id == customer)) or 0)
            if missing <= 0:
                return
            last = db.scalar(select(func.max(page_views.c.id))) or 0
            # The database counts by itself: a million rows would take longest on their way there.
            first = select(literal(last + 1).label("id")).cte("numbers", recursive=True)
            numbers = first.union_all(select(first.c.id + 1).where(first.c.id < last + missing))
            made = select(
                numbers.c.id,
                literal(customer),
                literal("/coffee/") + cast(numbers.c.id, String),
                literal("203.0.113.7"),
                literal("Firefox on Linux"),
                literal(moment(clock.now().date(), 90), page_views.c.viewed_at.type),
            )
            db.execute(page_views.insert().from_select(["id", "customer_id", "page", "ip_address", "browser", "viewed_at"], made))
    finally:
        engine.dispose()
