"""Forms of door 1: what may be typed, how long, and what is said where it does not fit."""

from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    MultipleFileField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional

from portal.cases.file_words import what_may_be_sent
from portal.cases.messages import LONGEST as LONGEST_MESSAGE
from portal.cases.questions import LONGEST_NUMBER
from portal.core.i18n import N_, _
from portal.web.fields import ADDRESS, FILES, LONGEST_ADDRESS, TOO_LONG_ADDRESS, PageForm, Ticks, at_most, needed, picked

TOO_LONG_MESSAGE = N_("This is too long. Send it in two messages.")


class AddressForm(PageForm):
    """One e-mail address."""

    email = EmailField(
        render_kw={**ADDRESS, "required": True},
        validators=[needed(N_("Type your e-mail address.")), at_most(LONGEST_ADDRESS, TOO_LONG_ADDRESS)],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.email.label.text = _("Your e-mail address")


class ChangeForm(AddressForm):
    """The address to change to."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.email.label.text = _("New address")


class LinkForm(PageForm):
    """The press of a link's button; the address only where another browser asked. `again`: the field was there to be filled in."""

    token = HiddenField()
    again = HiddenField()
    email = EmailField(render_kw=ADDRESS, validators=[Optional(), at_most(LONGEST_ADDRESS, TOO_LONG_ADDRESS)])

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.email.label.text = _("Your e-mail address")


class ResultForm(PageForm):
    """The press of the last mail's button; the code of the request where others may read that mail."""

    token = HiddenField()
    code = StringField(
        render_kw={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters", "maxlength": "40"},
        validators=[Optional(), at_most(40, N_("The code has 8 letters and digits."))],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.code.label.text = _("Code of your request")


class CodeForm(PageForm):
    """The code of the mail."""

    code = StringField(
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code", "required": True, "maxlength": "40"},
        validators=[needed(N_("Type the code of the mail.")), at_most(40, N_("The code has 8 digits."))],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.code.label.text = _("Code of 8 digits")


class CallForm(PageForm):
    """The code that staff told on the telephone."""

    code = StringField(
        render_kw={"inputmode": "numeric", "autocomplete": "off", "required": True, "maxlength": "40"},
        validators=[needed(N_("Type the code that we told you.")), at_most(40, N_("The code has 8 digits."))],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.code.label.text = _("Code of 8 digits")


class ValueForm(PageForm):
    """One value that tells whose record it is."""

    kind = RadioField(validators=[needed(N_("Choose what you want to give."))], validate_choice=True)
    value = StringField(
        render_kw={"required": True, "autocomplete": "off", "maxlength": "200"},
        validators=[needed(N_("Type the detail.")), at_most(200, N_("This is too long."))],
    )

    def __init__(self, kinds: list[tuple[str, str]], **given: Any) -> None:
        super().__init__(**given)
        self.kind.choices = kinds
        self.kind.label.text = _("What do you want to give?")
        self.value.label.text = _("The detail itself")


class QuestionForm(PageForm):
    """A number under which something may be held, and words; one of them is enough."""

    number = StringField(
        render_kw={"autocomplete": "off", "spellcheck": "false", "maxlength": str(LONGEST_NUMBER)},
        validators=[Optional(), at_most(LONGEST_NUMBER, N_("This is too long for a number."))],
    )
    message = TextAreaField(render_kw={"rows": "6"}, validators=[Optional(), at_most(LONGEST_MESSAGE, TOO_LONG_MESSAGE)])
    files = MultipleFileField(render_kw=FILES)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.number.label.text = _("Customer or order number")
        self.message.label.text = _("What is it about?")
        self.files.label.text, self.files.description = _("Add files"), what_may_be_sent()


class MessageForm(PageForm):
    """Words to a human about a request, and files that go with them."""

    message = TextAreaField(
        render_kw={"rows": "4", "required": True},
        validators=[needed(N_("Write what you want to say.")), at_most(LONGEST_MESSAGE, TOO_LONG_MESSAGE)],
    )
    files = MultipleFileField(render_kw=FILES)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.message.label.text = _("Write to us about this request")
        self.files.label.text = _("Add files")
        self.files.description = what_may_be_sent()


class WrongForm(PageForm):
    """What is right about a value that is wrong; `seen` tells which value the page named."""

    seen = HiddenField(validators=[at_most(64, TOO_LONG_MESSAGE)])
    message = TextAreaField(
        render_kw={"rows": "4", "required": True},
        validators=[needed(N_("Write what is right.")), at_most(LONGEST_MESSAGE, TOO_LONG_MESSAGE)],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.message.label.text = _("What is right?")


class RightForm(PageForm):
    """Why something else is asked for; all advertising can be stopped in the same press."""

    message = TextAreaField(render_kw={"rows": "6"}, validators=[Optional(), at_most(LONGEST_MESSAGE, TOO_LONG_MESSAGE)])
    marketing = BooleanField()
    files = MultipleFileField(render_kw=FILES)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.message.label.text = _("What is it about?")
        self.marketing.label.text = _("Stop all advertising now, too")
        self.files.label.text, self.files.description = _("Add files"), what_may_be_sent()


class EditForm(PageForm):
    """A value as it should read; `seen` tells which value the page named."""

    seen = HiddenField(validators=[at_most(64, TOO_LONG_MESSAGE)])
    message = StringField(
        render_kw={"required": True, "autocomplete": "off", "maxlength": "200"},
        validators=[needed(N_("Write what is right.")), at_most(200, N_("This is too long."))],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.message.label.text = _("What is right?")


class AppealForm(PageForm):
    """Why a refusal should be looked at again."""

    message = TextAreaField(
        render_kw={"rows": "6", "required": True},
        validators=[needed(N_("Write why we should look again.")), at_most(LONGEST_MESSAGE, TOO_LONG_MESSAGE)],
    )
    files = MultipleFileField(render_kw=FILES)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.message.label.text = _("Why should we look again?")
        self.files.label.text, self.files.description = _("Add files"), what_may_be_sent()


class ActingForm(PageForm):
    """As what somebody acts, for whom and for what, with the paper that lets them. Nothing is chosen beforehand."""

    role = RadioField(validators=[picked(N_("Choose as what you act."))], validate_choice=False)
    named = StringField(
        render_kw={"required": True, "autocomplete": "name", "maxlength": "120"},
        validators=[needed(N_("Type your name.")), at_most(120, N_("This is too long."))],
    )
    whose = StringField(
        render_kw={"required": True, "autocomplete": "off", "spellcheck": "false", "autocapitalize": "none", "maxlength": "400", "dir": "ltr"},
        validators=[needed(N_("Type the person’s e-mail address or customer number.")), at_most(400, N_("This is too long."))],
    )  # fmt: skip
    wish = RadioField(validators=[picked(N_("Choose what you ask for."))], validate_choice=False)
    message = TextAreaField(render_kw={"rows": "5"}, validators=[Optional(), at_most(LONGEST_MESSAGE, TOO_LONG_MESSAGE)])
    files = MultipleFileField(render_kw=FILES)

    def __init__(self, roles: list[tuple[str, str]], wishes: list[tuple[str, str]], **given: Any) -> None:
        super().__init__(**given)
        self.role.choices, self.wish.choices = roles, wishes
        self.role.label.text = _("As what do you act?")
        self.named.label.text = _("Your name")
        self.whose.label.text = _("The person’s e-mail address or customer number")
        self.wish.label.text = _("What do you ask for?")
        self.message.label.text = _("In your words")
        self.files.label.text = _("The paper that lets you act")
        self.files.description = what_may_be_sent()


class WhereForm(PageForm):
    """Where a person lives, of the places that the company's laws are bound to."""

    place = RadioField(validators=[picked(N_("Choose where you live, or the last one."))], validate_choice=False)

    def __init__(self, places: list[tuple[str, str]], **given: Any) -> None:
        super().__init__(**given)
        self.place.choices = places
        self.place.label.text = _("Where do you live?")


class ReceiptForm(PageForm):
    """A receipt as its file has it."""

    receipt = TextAreaField(
        render_kw={
            "rows": "8",
            "required": True,
            "dir": "ltr",
            "spellcheck": "false",
            "autocapitalize": "none",
            "autocomplete": "off",
        },
        validators=[needed(N_("Paste the text of the receipt."))],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.receipt.label.text = _("The receipt")


class CopyForm(PageForm):
    """What goes into the copy."""

    scope = RadioField(validators=[needed(N_("Choose all of it, or some."))])
    categories = Ticks()

    def __init__(self, categories: list[tuple[str, str]], **given: Any) -> None:
        super().__init__(**given)
        self.scope.choices = [("all", _("All of it")), ("some", _("Some of it"))]
        self.scope.label.text = _("What do you want?")
        self.categories.choices = categories
        self.categories.label.text = _("Which kinds?")

    @property
    def chosen(self) -> list[str]:
        """Keys of the kinds that were chosen; none means all."""
        return list(self.categories.data or []) if self.scope.data == "some" else []


class SomeForm(PageForm):
    """Which kinds of data are to be deleted."""

    categories = Ticks(validators=[needed(N_("Choose at least one kind."))])

    def __init__(self, categories: list[tuple[str, str]], **given: Any) -> None:
        super().__init__(**given)
        self.categories.choices = categories
        self.categories.label.text = _("Which kinds?")


class EraseForm(PageForm):
    """The one confirmation. `seen` names the plan that the page showed."""

    seen = HiddenField()
    understood = BooleanField(validators=[needed(N_("Tick the box: it says what ends with it."))])

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.understood.label.text = _("I understand that what is deleted cannot be brought back")
