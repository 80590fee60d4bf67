"""What stands in place of a value that is overwritten: nothing where the column allows it, else a mask that fits and leads to nobody.

Must never write a mask that is somebody's real value: an address lies under `.invalid`, a text is random, and no two persons share one.
"""

import hashlib
import hmac
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from portal.adapters import taxonomy
from portal.adapters.dataset_map import Masking
from portal.adapters.sql_schema import LiveTable
from portal.adapters.sql_tables import SqlTable
from portal.adapters.sql_values import Family
from portal.core import crypto

BEGIN = "erased-"
DOMAIN = "@erased.invalid"
SHORT_DOMAIN = "@e.invalid"
CONSTANTS: Mapping[Family, object] = {
    Family.INTEGER: 0,
    Family.NUMBER: 0,
    Family.BOOLEAN: False,
    Family.BINARY: b"",
    Family.JSON: {},
    Family.ARRAY: [],
}
MOMENTS: Mapping[type, object] = {date: date(1900, 1, 1), datetime: datetime(1900, 1, 1), time: time()}  # noqa: DTZ001  # a constant
SHORTEST_UNIQUE = 8


@dataclass(frozen=True, slots=True)
class Mask:
    """How one column is overwritten. `problem` and `remedy` say why it cannot be."""

    column: str
    family: Family
    nullable: bool
    length: int | None
    is_address: bool
    moment: type | None = None
    unique: bool = False
    rule: Masking | None = None
    problem: str = ""
    remedy: str = ""

    @property
    def needs_value(self) -> bool:
        """Whether the old value has to be read: to keep its form, or to see whether it is a mask already."""
        return not self.nullable or (self.rule is not None and self.rule.strategy != "null_rewrite")

    def value(self, old: object) -> object:
        """What to write in place of `old`."""
        if old is None:
            return None
        match self.rule.strategy if self.rule else "":
            case "null_rewrite":
                return None
            case "string_rewrite":
                return self._setting("rewrite_value")
            case "random_string_rewrite":
                return self._fit(_like(str(old), self._setting("length")))
            case "hash" | "hmac" | "aes_encrypt":
                # The key is thrown away with this call: nobody can try out whose value it was.
                algorithm = hashlib.sha512 if self._setting("algorithm") == "SHA-512" else hashlib.sha256
                return self._fit(hmac.new(crypto.new_key(), str(old).encode(), algorithm).hexdigest())
        return None if self.nullable else self._made_up()

    def is_done(self, old: object) -> bool:
        """Whether what stands there is a mask already."""
        if old is None:
            return True
        if self.rule is not None:
            return self.rule.strategy == "string_rewrite" and old == self._setting("rewrite_value")
        if self.nullable:
            return False
        if self.family is Family.TEXT and (self.is_address or (self.length or 99) >= len(BEGIN) + SHORTEST_UNIQUE):
            return str(old).startswith(BEGIN) or str(old).endswith(".invalid")
        if self.family in (Family.INTEGER, Family.NUMBER, Family.BOOLEAN):
            return str(old) in ("0", "0.0", "0.00", "False") or (self.unique and str(old).startswith("-"))
        return str(old) == str(self._made_up()) or (self.family is Family.TIME and str(old)[:10] == "1900-01-01")

    def _made_up(self) -> object:
        if self.family is Family.UUID:
            return _random_uuid()
        if self.family is Family.TIME:
            return MOMENTS.get(self.moment or datetime, MOMENTS[datetime])
        if self.family is not Family.TEXT:
            if self.unique and self.family in (Family.INTEGER, Family.NUMBER):
                return -1 - int(_random_hex(), 16) % (2**31 - 2)
            return CONSTANTS[self.family]
        if self.is_address:
            domain = DOMAIN if (self.length or 254) >= len(BEGIN) + 16 + len(DOMAIN) else SHORT_DOMAIN
            name = BEGIN + _random_hex()
            return name[len(BEGIN) if domain is SHORT_DOMAIN else 0 :][: (self.length or 254) - len(domain)] + domain
        length = self.length or 39
        if length >= len(BEGIN) + SHORTEST_UNIQUE:
            return (BEGIN + _random_hex())[:length]
        return _random_hex()[:length] if self.unique else "X" * length

    def _fit(self, text: str) -> str:
        rule = self._setting("format_preservation")
        suffix = str(rule.get("suffix") or "") if isinstance(rule, Mapping) else ""
        if self.is_address and not suffix:
            suffix = DOMAIN if (self.length or 254) >= len(DOMAIN) + SHORTEST_UNIQUE else SHORT_DOMAIN
        room = (self.length or 10_000) - len(suffix)
        return text.replace("@", "")[:room] + suffix if self.is_address else text[:room] + suffix

    def _setting(self, name: str) -> Any:
        return self.rule.configuration.get(name) if self.rule else None


def make_mask(table: SqlTable, live: LiveTable, column: str) -> Mask:
    """The mask of a column, from the map's override, the live type, and whether it may be empty."""
    mapped = table.map.field_at((column,))
    kind = live.types.get(column)
    fits = [each for each in (getattr(kind, "length", None), mapped.length if mapped else None) if each]
    identity = next((each for each, name in table.identities if name == column), None)
    categories = mapped.categories or table.map.categories or () if mapped else ()
    address = identity == "email" or any(taxonomy.is_within(one, "user.contact.email") for one in categories)
    moment = next((each for each in (datetime, date, time) if kind is not None and _is_of(kind, each)), None)
    mask = Mask(
        column,
        live.columns[column],
        column in live.nullable,
        min(fits, default=None),
        address,
        moment,
        column in live.unique,
        mapped.masking if mapped else None,
    )
    problem, remedy = _problem_of(mask, identity)
    return replace(mask, problem=problem, remedy=remedy)


def _problem_of(mask: Mask, identity: str | None) -> tuple[str, str]:
    """Why this mask cannot be written, or must not be."""
    rule = mask.rule
    shortest = len(SHORT_DOMAIN) + SHORTEST_UNIQUE
    if mask.is_address and mask.family is Family.TEXT and not mask.nullable and mask.length and mask.length < shortest:
        return f"No mask of an address fits into {mask.length} characters.", "Let the column be empty, or delete the whole row."
    if rule is None:
        if not mask.nullable and mask.family is Family.OTHER:
            return "The column may not be empty, and no mask is known for its type.", "Let it be empty, or delete the whole row."
        return "", ""
    if rule.strategy == "preserve":
        return (
            "`preserve` leaves the value where it is: nothing erases it.",
            "Name a law that keeps it (`retention` with a ground), or another strategy.",
        )
    if rule.strategy == "null_rewrite":
        if not mask.nullable:
            return (
                "The column may not be empty, so `null_rewrite` cannot be done.",
                "Choose another strategy, or let the column be empty.",
            )
        return "", ""
    if mask.family not in (Family.TEXT, Family.OTHER):
        return (
            f"`{rule.strategy}` writes text, and the column holds {mask.family.value}.",
            "Choose `null_rewrite`, or leave the strategy to us.",
        )
    if rule.strategy == "string_rewrite":
        text = str(rule.configuration.get("rewrite_value"))
        if mask.length and len(text) > mask.length:
            return f"The text to write does not fit into {mask.length} characters.", "Shorten `rewrite_value`."
        if identity or mask.unique:
            return "All persons would get the same identifier.", "Choose `random_string_rewrite`, or leave the strategy to us."
        if mask.is_address and not text.endswith(".invalid"):
            return "The mask would be an address that mail can reach.", "End it in `.invalid`."
    preserved = rule.configuration.get("format_preservation")
    suffix = str(preserved.get("suffix") or "") if isinstance(preserved, Mapping) else ""
    if suffix and mask.is_address and not suffix.endswith(".invalid"):
        return "The mask would be an address that mail can reach.", "End `suffix` in `.invalid`."
    if suffix and mask.length and len(suffix) + SHORTEST_UNIQUE > mask.length:
        return f"The mask does not fit into {mask.length} characters with this suffix.", "Shorten `suffix`."
    return "", ""


def _like(old: str, length: Any) -> str:
    """Random letters for letters and digits for digits, or `length` random letters where the map asks for a length."""
    if isinstance(length, int):
        old = "a" * length
    chance = b""
    while len(chance) < len(old):
        chance += crypto.new_key()
    return "".join(_like_character(one, number) for one, number in zip(old, chance, strict=False))


def _like_character(one: str, number: int) -> str:
    if one.isdigit():
        return string.digits[number % 10]
    if one.isalpha():
        return (string.ascii_uppercase if one.isupper() else string.ascii_lowercase)[number % 26]
    return one


def _random_hex() -> str:
    return crypto.new_key()[:16].hex()


def _random_uuid() -> str:
    text = _random_hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


def _is_of(kind: Any, wanted: type) -> bool:
    try:
        return bool(kind.python_type is wanted)
    except NotImplementedError:
        return False
