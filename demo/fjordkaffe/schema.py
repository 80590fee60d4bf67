"""The tables of Fjordkaffe's shop, as a shop that grew over five years would have them. No row stands here."""

from sqlalchemy import Boolean, Column, Date, DateTime, ForeignKey, Integer, MetaData, Numeric, String, Table, Text

shop = MetaData()


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=False)


def _of(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    """A foreign key, with the index that reading by it needs."""
    return Column(name, Integer, ForeignKey(f"{target}.id"), nullable=nullable, index=True)


def _money(name: str) -> Column[float]:
    return Column(name, Numeric(10, 2, asdecimal=False), nullable=False)


def _when(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


customers = Table(
    "customers",
    shop,
    _id(),
    Column("customer_number", String(20), nullable=False, unique=True),
    Column("first_name", String(200)),
    Column("last_name", String(200)),
    Column("birth_date", Date),
    # Not unique: the shop took orders from guests who share a mailbox.
    Column("email", String(254), nullable=False, index=True),
    Column("phone", String(40)),
    Column("language", String(8), nullable=False),
    Column("password_hash", String(200)),
    Column("wants_catalogue", Boolean, nullable=False),
    Column("wants_surveys", Boolean, nullable=False),
    _when("created_at"),
)
addresses = Table(
    "addresses",
    shop,
    _id(),
    Column("street", String(200), nullable=False),
    Column("postcode", String(20), nullable=False),
    Column("city", String(100), nullable=False),
    Column("country", String(2), nullable=False),
)
customer_addresses = Table(
    "customer_addresses",
    shop,
    Column("customer_id", Integer, ForeignKey("customers.id"), primary_key=True),
    Column("address_id", Integer, ForeignKey("addresses.id"), primary_key=True, index=True),
    Column("kind", String(20), nullable=False),
    Column("since", Date, nullable=False),
)
products = Table(
    "products",
    shop,
    _id(),
    Column("sku", String(20), nullable=False, unique=True),
    Column("title", String(100), nullable=False),
    Column("roast", String(20)),
    _money("price"),
)
orders = Table(
    "orders",
    shop,
    _id(),
    Column("order_number", String(20), nullable=False, unique=True),
    _of("customer_id", "customers"),
    _of("ship_to_address_id", "addresses", nullable=True),
    _when("ordered_at"),
    Column("status", String(20), nullable=False),
    _money("total"),
    Column("gift_message", Text),
)
order_lines = Table(
    "order_lines",
    shop,
    _id(),
    _of("order_id", "orders"),
    _of("product_id", "products"),
    Column("product_title", String(100), nullable=False),
    Column("quantity", Integer, nullable=False),
    _money("unit_price"),
)
payments = Table(
    "payments",
    shop,
    _id(),
    _of("order_id", "orders"),
    Column("method", String(20), nullable=False),
    Column("card_brand", String(20)),
    Column("card_last_four", String(4)),
    Column("refund_iban", String(34)),
    _money("amount"),
    _when("paid_at"),
)
invoices = Table(
    "invoices",
    shop,
    _id(),
    Column("invoice_number", String(20), nullable=False, unique=True),
    _of("customer_id", "customers"),
    _of("order_id", "orders"),
    Column("issued_on", Date, nullable=False),
    Column("billed_name", String(400)),
    Column("billed_address", String(400)),
    _money("amount"),
    _money("vat"),
)
deliveries = Table(
    "deliveries",
    shop,
    _id(),
    _of("order_id", "orders"),
    _of("customer_id", "customers"),
    # Another customer who took the parcel in: the row names them and is not theirs.
    _of("left_with_customer_id", "customers", nullable=True),
    Column("courier", String(50), nullable=False),
    Column("tracking_code", String(40), nullable=False),
    Column("driver_note", Text),
    _when("delivered_at", nullable=True),
)
subscriptions = Table(
    "subscriptions",
    shop,
    _id(),
    _of("customer_id", "customers"),
    Column("plan", String(100), nullable=False),
    Column("every_weeks", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("card_last_four", String(4)),
    Column("started_on", Date, nullable=False),
    Column("next_delivery_on", Date),
)
newsletter_subscriptions = Table(
    "newsletter_subscriptions",
    shop,
    _id(),
    _of("customer_id", "customers"),
    Column("email", String(254), nullable=False),
    Column("status", String(20), nullable=False),
    Column("collected_at_form", String(100), nullable=False),
    _when("subscribed_at"),
)
newsletter_history = Table(
    "newsletter_history",
    shop,
    _id(),
    _of("subscription_id", "newsletter_subscriptions"),
    Column("act", String(20), nullable=False),
    Column("ip_address", String(45)),
    _when("happened_at"),
)
employees = Table(
    "employees",
    shop,
    _id(),
    Column("full_name", String(100), nullable=False),
    Column("work_email", String(254), nullable=False),
)
support_tickets = Table(
    "support_tickets",
    shop,
    _id(),
    Column("ticket_number", String(20), nullable=False, unique=True),
    _of("customer_id", "customers"),
    _of("handled_by", "employees", nullable=True),
    Column("subject", String(300), nullable=False),
    Column("status", String(20), nullable=False),
    _when("opened_at"),
)
ticket_messages = Table(
    "ticket_messages",
    shop,
    _id(),
    _of("ticket_id", "support_tickets"),
    _of("employee_id", "employees", nullable=True),
    Column("written_by", String(20), nullable=False),
    Column("body", Text, nullable=False),
    _when("written_at"),
)
reviews = Table(
    "reviews",
    shop,
    _id(),
    _of("customer_id", "customers"),
    _of("product_id", "products"),
    Column("product_title", String(100), nullable=False),
    Column("stars", Integer, nullable=False),
    Column("body", Text),
    _when("written_at"),
)
loyalty_accounts = Table(
    "loyalty_accounts",
    shop,
    Column("customer_id", Integer, ForeignKey("customers.id"), primary_key=True, autoincrement=False),
    Column("points", Integer, nullable=False),
    Column("level", String(20), nullable=False),
    Column("joined_on", Date, nullable=False),
)
loyalty_points = Table(
    "loyalty_points",
    shop,
    _id(),
    _of("customer_id", "customers"),
    Column("points", Integer, nullable=False),
    Column("reason", String(100), nullable=False),
    Column("booked_on", Date, nullable=False),
)
tasting_bookings = Table(
    "tasting_bookings",
    shop,
    _id(),
    _of("customer_id", "customers"),
    Column("tasting", String(100), nullable=False),
    Column("held_on", Date, nullable=False),
    Column("guests", Integer, nullable=False),
    Column("allergies", String(300)),
)
marketing_profiles = Table(
    "marketing_profiles",
    shop,
    Column("customer_id", Integer, ForeignKey("customers.id"), primary_key=True, autoincrement=False),
    Column("household_income", String(60)),
    Column("job_guess", String(60)),
    Column("obtained_on", Date, nullable=False),
)
derived_traits = Table(
    "derived_traits",
    shop,
    Column("customer_id", Integer, ForeignKey("customers.id"), primary_key=True, autoincrement=False),
    Column("roast_liked", String(20)),
    Column("churn_risk", String(20)),
    Column("computed_on", Date, nullable=False),
)
page_views = Table(
    "page_views",
    shop,
    _id(),
    _of("customer_id", "customers"),
    Column("page", String(200), nullable=False),
    Column("ip_address", String(45), nullable=False),
    Column("browser", String(200), nullable=False),
    _when("viewed_at"),
)
