"""Forms of door 4: what may be typed, how long, and what is said where it does not fit."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional

from portal.cases.file_words import what_may_be_sent
from portal.cases.letters import longer_words
from portal.cases.messages import LONGEST as LONGEST_MESSAGE
from portal.cases.model import LongerBecause
from portal.core.i18n import N_, _
from portal.people.numbers import CUSTOMER_NUMBER, PHONE
from portal.people.service import EMAIL
from portal.web.fields import ADDRESS, FILES, LONGEST_ADDRESS, TOO_LONG_ADDRESS, at_most, needed, picked

CODE = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters", "maxlength": "40", "dir": "ltr"}

TYPED = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none", "maxlength": "400", "dir": "ltr"}


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


class NoteForm(FlaskForm):
    """A note for colleagues."""

    note = TextAreaField(
        render_kw={"rows": 3, "required": True},
        validators=[needed(N_("Type a note.")), at_most(LONGEST_MESSAGE, N_("This is too long. Keep it in two notes."))],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.note.label.text = _("Note for colleagues")


class AnswerForm(FlaskForm):
    """Words to the customer; `closes` says that they are the answer. `template` is what the words may begin with."""

    template = SelectField(choices=[], validate_choice=False)
    answer = TextAreaField(
        render_kw={"rows": 5, "required": True},
        validators=[
            needed(N_("Type what the customer reads.")),
            at_most(LONGEST_MESSAGE, N_("This is too long. Send it in two messages.")),
        ],
    )
    files = MultipleFileField(render_kw=FILES)
    closes = BooleanField()

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.template.label.text = _("Begin with a template")
        self.answer.label.text = _("Answer to the customer")
        self.files.label.text = _("Add files")
        self.files.description = what_may_be_sent()

    def offer(self, templates: list[tuple[str, str]]) -> None:
        """The templates to choose from, by key and title."""
        self.template.choices = [("", _("Choose a template")), *templates] if templates else []


class AbuseForm(FlaskForm):
    """Why a case may be abuse."""

    suspicion = StringField(
        render_kw={"maxlength": "300", "required": True},
        validators=[needed(N_("Say why in one sentence.")), at_most(300, N_("One sentence is enough here."))],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.suspicion.label.text = _("Why")


class MandateForm(FlaskForm):
    """What becomes of the paper of somebody who acts for another."""

    mandate = RadioField(validators=[picked(N_("Choose what becomes of the paper."))], validate_choice=False)
    missing = TextAreaField(
        render_kw={"rows": 3}, validators=[Optional(), at_most(LONGEST_MESSAGE, N_("This is too long. Send it in two messages."))]
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.mandate.choices = [("accept", _("It is good: accept it")), ("better", _("A better one is needed"))]
        self.mandate.label.text = _("What becomes of the paper?")
        self.missing.label.text = _("What is missing")


class SettleForm(FlaskForm):
    """What becomes of a step that waits for a human."""

    system = RadioField(choices=[], validators=[picked(N_("Choose which step you settle."))], validate_choice=False)
    outcome = RadioField(validators=[picked(N_("Choose what becomes of it."))], validate_choice=False)
    reason = StringField(
        render_kw={"maxlength": "300", "required": True},
        validators=[needed(N_("Say why in one sentence.")), at_most(300, N_("One sentence is enough here."))],
    )

    def __init__(self, systems: list[tuple[str, str]] | None = None, **given: Any) -> None:
        super().__init__(**given)
        self.system.choices = systems or []
        self.system.label.text = _("Which step")
        self.outcome.choices = [
            ("retry", _("Try it once more")),
            ("done", _("It is done: I have seen it")),
            ("skip", _("Leave it out")),
        ]
        self.outcome.label.text = _("What becomes of it")
        self.reason.label.text = _("Why, in one sentence (the customer sees it)")


class LongerForm(FlaskForm):
    """A later date: the reason that laws accept, and why in this case."""

    because = RadioField(validators=[picked(N_("Choose the reason."))], validate_choice=False)
    until = DateField(validators=[Optional()])
    words = TextAreaField(
        render_kw={"rows": 3, "required": True},
        validators=[
            needed(N_("Say why in this case; the customer reads it.")),
            at_most(LONGEST_MESSAGE, N_("One or two sentences are enough.")),
        ],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.because.choices = [(one.value, longer_words(one)) for one in LongerBecause]
        self.because.label.text = _("Reason")
        self.until.label.text = _("Later date, where the law lets you name it")
        self.words.label.text = _("Why in this case (the customer reads it)")


class PauseForm(FlaskForm):
    """What is asked of the customer, and for which reason the clock may stand still."""

    reason = RadioField(choices=[], validators=[picked(N_("Choose the reason."))], validate_choice=False)
    text = TextAreaField(
        render_kw={"rows": 3, "required": True},
        validators=[
            needed(N_("Ask the customer for what you need.")),
            at_most(LONGEST_MESSAGE, N_("One or two sentences are enough.")),
        ],
    )

    def __init__(self, reasons: list[tuple[str, str]], **given: Any) -> None:
        super().__init__(**given)
        self.reason.choices = reasons
        self.reason.label.text = _("Why the clock may stand still")
        self.text.label.text = _("What you ask the customer")


class RefusalForm(FlaskForm):
    """A ground that the law names, and why it holds in this case."""

    ground = RadioField(choices=[], validators=[picked(N_("Choose the ground."))], validate_choice=False)
    words = TextAreaField(
        render_kw={"rows": 4, "required": True},
        validators=[
            needed(N_("Say why in this case; the customer reads it.")),
            at_most(LONGEST_MESSAGE, N_("One or two sentences are enough.")),
        ],
    )

    def __init__(self, grounds: list[tuple[str, str]], **given: Any) -> None:
        super().__init__(**given)
        self.ground.choices = grounds
        self.ground.label.text = _("Ground in law")
        self.words.label.text = _("Why in this case (the customer reads it)")


class DecisionForm(FlaskForm):
    """What becomes of an appeal, and why."""

    outcome = RadioField(validators=[picked(N_("Choose what becomes of it."))], validate_choice=False)
    words = TextAreaField(
        render_kw={"rows": 4, "required": True},
        validators=[
            needed(N_("Say why in this case; the customer reads it.")),
            at_most(LONGEST_MESSAGE, N_("One or two sentences are enough.")),
        ],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.outcome.choices = [
            ("granted", _("The refusal was wrong: the request is open again")),
            ("denied", _("The refusal stands")),
        ]
        self.outcome.label.text = _("What becomes of it")
        self.words.label.text = _("Why (the customer reads it)")


class HoldForm(FlaskForm):
    """What is held beyond its day, on which article, until when, and the sentence that the customer reads."""

    system = RadioField(choices=[], validators=[picked(N_("Choose what is held."))], validate_choice=False)
    law = RadioField(choices=[], validators=[picked(N_("Choose the law on which it rests."))], validate_choice=False)
    until = DateField(validators=[Optional()])
    reason = StringField(
        render_kw={"maxlength": "300", "required": True},
        validators=[needed(N_("Say why in one sentence.")), at_most(300, N_("One sentence is enough here."))],
    )

    def __init__(self, systems: list[tuple[str, str]], laws: list[tuple[str, str]], **given: Any) -> None:
        super().__init__(**given)
        self.system.choices = systems
        self.system.label.text = _("What is held")
        self.law.choices = laws
        self.law.label.text = _("Law on which it rests")
        self.until.label.text = _("Until")
        self.reason.label.text = _("Why, in one sentence (the customer sees it)")


class DeclineForm(FlaskForm):
    """Why a colleague says no."""

    reason = StringField(render_kw={"maxlength": "300"})

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.reason.label.text = _("Why not, in one sentence (colleagues read it)")


class SearchForm(FlaskForm):
    """One exact address or number, and why it is looked for."""

    kind = SelectField(choices=[], default=EMAIL, validators=[needed(N_("Say what it is."))])
    email = StringField(
        render_kw={**TYPED, "required": True},
        validators=[needed(N_("Type the whole address or number.")), at_most(LONGEST_ADDRESS, TOO_LONG_ADDRESS)],
    )
    reason = StringField(
        render_kw={"maxlength": "300", "required": True},
        validators=[needed(N_("Say why in one sentence.")), at_most(300, N_("One sentence is enough here."))],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.kind.label.text = _("What you have of the customer")
        self.kind.choices = [
            (EMAIL, _("E-mail address")),
            (PHONE, _("Telephone number")),
            (CUSTOMER_NUMBER, _("Customer number")),
        ]
        self.email.label.text = _("Exactly and in full")
        self.reason.label.text = _("Why you look, in one sentence")


class IntakeForm(FlaskForm):
    """What came by letter, telephone or at the counter. `belongs` is asked for only where the customer has an open case of that kind."""

    came_by = RadioField(choices=[], validators=[picked(N_("Say how it came."))], validate_choice=False)
    received_on = DateField(validators=[needed(N_("Say on which day it arrived."))])
    email = EmailField(
        render_kw={**TYPED, "required": True},
        validators=[needed(N_("Type the customer’s e-mail address.")), at_most(LONGEST_ADDRESS, TOO_LONG_ADDRESS)],
    )
    kind = SelectField(choices=[], validators=[picked(N_("Choose what is asked for."))], validate_choice=False)
    language = SelectField(choices=[], validators=[picked(N_("Choose a language."))], validate_choice=False)
    text = TextAreaField(
        render_kw={"rows": 5, "required": True},
        validators=[
            needed(N_("Type what the customer asks.")),
            at_most(LONGEST_MESSAGE, N_("This is too long. Shorten it, and add the scan.")),
        ],
    )
    files = MultipleFileField(render_kw=FILES)
    belongs = RadioField(choices=[], validators=[Optional()], validate_choice=False)

    def __init__(
        self, kinds: list[tuple[str, str]], ways: list[tuple[str, str]], languages: list[tuple[str, str]], **given: Any
    ) -> None:
        super().__init__(**given)
        self.came_by.choices, self.came_by.label.text = ways, _("How it came")
        self.received_on.label.text = _("Arrived on")
        self.email.label.text = _("E-mail address of the customer")
        self.kind.choices, self.kind.label.text = kinds, _("What is asked for")
        self.language.choices, self.language.label.text = languages, _("Language in which we write to them")
        self.text.label.text = _("What the customer asks, in their words")
        self.files.label.text, self.files.description = _("Add the scan"), what_may_be_sent()
        self.belongs.label.text = _("Is it the same request once more?")

    def is_told_apart(self, found: list[str]) -> bool:
        """Whether staff said to which of these open cases of the customer it belongs, or that it is none of them; else they are asked."""
        if not found:
            return True
        own = ("own", _("No, it is a request of its own"))
        self.belongs.choices = [*((number, _("It belongs to %(number)s", number=number)) for number in found), own]
        if self.belongs.data in (*found, "own"):
            return True
        self.belongs.errors = [_("This customer has an open request of that kind. Say whether it is the same one once more.")]
        return False


class PasskeyForm(FlaskForm):
    """What the browser answered in a passkey ceremony; a script fills it in."""

    answer = HiddenField()


class PhoneForm(FlaskForm):
    """What is opened for a customer who is on the telephone and said yes. Whether it needs words depends on its kind."""

    kind = SelectField(choices=[], validators=[picked(N_("Choose what is asked for."))], validate_choice=False)
    text = TextAreaField(
        render_kw={"rows": 5},
        validators=[at_most(LONGEST_MESSAGE, N_("This is too long. Shorten it."))],
    )

    def __init__(self, kinds: list[tuple[str, str]], **given: Any) -> None:
        super().__init__(**given)
        self.kind.choices, self.kind.label.text = kinds, _("What is asked for")
        self.text.label.text = _("What the customer asks, in their words")
