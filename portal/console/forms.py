"""Forms of door 4: what may be typed, how long, and what is said where it does not fit."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, StringField

from portal.core.i18n import N_, _
from portal.web.fields import ADDRESS, LONGEST_ADDRESS, TOO_LONG_ADDRESS, at_most, needed

CODE = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters", "maxlength": "40", "dir": "ltr"}


class WorkAddressForm(FlaskForm):
    """The address of a member of staff."""

    email = EmailField(
        render_kw={**ADDRESS, "required": True},
        validators=[needed(N_("Type your e-mail address.")), at_most(LONGEST_ADDRESS, TOO_LONG_ADDRESS)],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.email.label.text = _("Your work e-mail address")


class RecoveryCodeForm(FlaskForm):
    """One recovery code."""

    code = StringField(render_kw={**CODE, "required": True}, validators=[needed(N_("Type one of your recovery codes."))])

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.code.label.text = _("Recovery code")


class PasskeyForm(FlaskForm):
    """What the browser answered in a passkey ceremony; a script fills it in."""

    answer = HiddenField()
