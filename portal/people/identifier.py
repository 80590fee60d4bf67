"""What a person is known by. Apart from everything that needs a database, so that links are made where there is none."""

from dataclasses import dataclass, field

EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier in normal form: kind `email`, `phone` or `customer_number`."""

    kind: str
    value: str = field(repr=False)
