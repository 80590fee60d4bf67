"""Checks of forms that all doors share: what has to stand there, and how long it may be."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, Form, SelectMultipleField
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core.i18n import N_, _
from portal.web.language import is_only_shown

LONGEST_ADDRESS = 320
TOO_LONG_ADDRESS = N_("This is too long for an e-mail address.")
ADDRESS = {"autocomplete": "email", "inputmode": "email", "spellcheck": "false", "autocapitalize": "none", "maxlength": "400"}

FILES = {"accept": ".pdf,.png,.jpg,.jpeg,.txt"}
"""What a browser offers to choose from; what came is looked at by its content."""

Check = Callable[[Form, Field], None]


class PageForm(FlaskForm):
    """A form whose page can be had in another language with what was typed: sent for that, it is checked and shown, and never taken."""

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Whether it may be acted on."""
        return bool(super().validate(extra_validators)) and not is_only_shown()


class Ticks(SelectMultipleField):
    """Several of many, as boxes; nothing is ticked beforehand."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def needed(message: str) -> Check:
    """Something has to stand there; `message` says what, in the language of the request."""

    def check(form: Form, field: Field) -> None:
        if not field.data or (isinstance(field.data, str) and not field.data.strip()):
            field.errors = []
            raise StopValidation(_(message))

    return check


def at_most(length: int, message: str) -> Check:
    """No longer than that."""

    def check(form: Form, field: Field) -> None:
        if field.data and len(field.data) > length:
            raise StopValidation(_(message))

    return check


def picked(message: str) -> Check:
    """One of the choices, and nothing else."""

    def check(form: Form, field: Field) -> None:
        if str(field.data) not in [str(value) for value, _words in getattr(field, "choices", [])]:
            field.errors = []
            raise StopValidation(_(message))

    return check
