"""The form of door 2: what the owner of a system may answer, how long, and what is said where it does not fit."""

from typing import Any

from wtforms import MultipleFileField, RadioField, StringField, TextAreaField
from wtforms.validators import StopValidation

from portal.cases.file_words import what_may_be_sent
from portal.cases.model import CaseKind
from portal.cases.task_answers import LONGEST_NOTE, LONGEST_WORDS, Answered
from portal.cases.tasks.model import TaskAnswer
from portal.cases.tasks.words import answers
from portal.core.i18n import N_, _
from portal.web.fields import FILES, PageForm, at_most, picked
from portal.web.uploads import brought

WANTED = N_("This is needed where something cannot be done: the customer has a right to know.")


class TaskForm(PageForm):
    """The answer. No token against forgery: nothing that a browser carries along gives a right here."""

    class Meta:
        """Of WTForms."""

        csrf = False

    answer = RadioField(validators=[picked(N_("Choose what the answer is."))], validate_choice=False)
    ground = StringField(
        render_kw={"maxlength": str(LONGEST_WORDS)}, validators=[at_most(LONGEST_WORDS, N_("Name the law and its article."))]
    )
    words = StringField(
        render_kw={"maxlength": str(LONGEST_WORDS)}, validators=[at_most(LONGEST_WORDS, N_("One sentence is enough here."))]
    )
    note = TextAreaField(render_kw={"rows": 3}, validators=[at_most(LONGEST_NOTE, N_("This is too long. Put it into a file."))])
    files = MultipleFileField(render_kw=FILES)

    def __init__(self, kind: CaseKind, **given: Any) -> None:
        super().__init__(**given)
        self.answer.choices = answers(kind)
        self.answer.label.text = _("What is the answer?")
        self.ground.label.text = _("Which law says so? (Only where something cannot be done)")
        self.words.label.text = _("Why, in one sentence that the customer can read (only where something cannot be done)")
        self.note.label.text = _("Note for our staff (optional)")
        self.files.label.text = _("Files for our staff (optional)")
        self.files.description = what_may_be_sent()

    def validate_ground(self, field: StringField) -> None:
        """Wanted with an exception."""
        self._wanted_with_exception(field)

    def validate_words(self, field: StringField) -> None:
        """Wanted with an exception."""
        self._wanted_with_exception(field)

    def _wanted_with_exception(self, field: StringField) -> None:
        if self.answer.data == TaskAnswer.EXCEPTION and not (field.data or "").strip():
            raise StopValidation(_(WANTED))

    def said(self) -> Answered:
        """What was typed."""
        return Answered(
            TaskAnswer(self.answer.data), self.ground.data or "", self.words.data or "", self.note.data or "",
            brought(self.files.data),
        )  # fmt: skip
