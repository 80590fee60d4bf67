"""The form of all choices: one answer a choice, its topics, how often. Must never tick for anyone what they did not choose."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField, RadioField
from wtforms.validators import Optional, ValidationError

from portal.config.model import Basis, Company, Purpose
from portal.config.once import once_a_configuration
from portal.consent.choices import ChannelChoice, PurposeChoices, Standing
from portal.consent.events import Choice
from portal.consent.saving import Answer, Change
from portal.core.i18n import N_, _, language, pick
from portal.web.fields import Ticks

LONGEST_VERSION = 10

ANSWERS = {
    Basis.CONSENT: (N_("Yes"), N_("No")),
    Basis.SOFT_OPT_IN: (N_("Yes"), N_("No")),
    Basis.LEGITIMATE_INTEREST: (N_("Allow"), N_("Object")),
    Basis.SALE_OR_SHARING: (N_("Allow"), N_("Do not sell or share")),
}
"""The two answers, in the words of the legal basis."""

ANSWER_OF = {one.value: one for one in Answer}

YES = frozenset({Standing.GIVEN, Standing.PAUSED})
NO = frozenset({Standing.REFUSED, Standing.WITHDRAWN, Standing.OBJECTED, Standing.SUPPRESSED})


def is_version(sent: str) -> bool:
    """Whether it is a number as pages carry it."""
    return sent.isascii() and sent.isdigit() and len(sent) < LONGEST_VERSION


def _a_version(form: Form, field: Field) -> None:
    if not is_version(field.raw_data[0] if field.raw_data else ""):
        raise ValidationError(_("The page did not arrive whole. Load it again and repeat the step."))


@dataclass(frozen=True, slots=True)
class Asked:
    """One choice on the form, and the purpose it belongs to."""

    purpose: PurposeChoices
    choice: ChannelChoice

    @property
    def name(self) -> str:
        """What the names of its fields end in."""
        return f"{self.purpose.key}-{self.choice.key}"

    @property
    def holds(self) -> bool:
        """Whether the choice is in use now, or would be but for a pause: its topics are shown as they stand."""
        return self.choice.standing in YES

    @property
    def of(self) -> Choice:
        """The choice by its keys."""
        return Choice(self.purpose.key, self.choice.key)

    @property
    def refused(self) -> bool:
        """Whether the person's own no stands."""
        return self.choice.standing in NO - {Standing.SUPPRESSED}

    @property
    def answer(self) -> str | None:
        """The person's own answer, as it stands; nothing where they gave none."""
        if self.choice.standing in NO:
            return Answer.NO.value
        return Answer.YES.value if self.holds and self.choice.said is not None else None


def asked_in(purposes: Sequence[PurposeChoices]) -> Iterator[Asked]:
    """Every choice of the page, in order."""
    return (Asked(purpose, choice) for purpose in purposes for choice in purpose.channels)


class ChoicesForm(FlaskForm):
    """Made anew for each request by `choices_form`, with the fields of the company's choices."""

    seen = HiddenField(validators=[_a_version])
    _unbound_fields: list[tuple[str, Any]]

    def __init__(self, *, only: Collection[str] | None = None, **given: Any) -> None:
        """`only`: the choices (`Asked.name`) whose fields are made; to save needs no more than those that were answered."""
        if only is not None:
            self._unbound_fields = [
                (name, field) for name, field in self._unbound_fields if name == "seen" or name.partition("-")[2] in only
            ]
        super().__init__(**given)

    @property
    def version(self) -> int:
        """What the page showed, as `version_of` counts; only of a form that is whole."""
        return int(self.seen.data or 0)

    def changes(self, purposes: Sequence[PurposeChoices]) -> list[Change]:
        """What the form wants of every choice; what already stands is among it."""
        return [change for asked in asked_in(purposes) if (change := self.change_of(asked)) is not None]

    def differs(self, asked: Asked) -> bool:
        """Whether something else is wanted of the choice than stands."""
        say = self.field_of("say", asked)
        return say is not None and bool(say.data) and (say.data != say.object_data or self._details_differ(asked))

    def change_of(self, asked: Asked) -> Change | None:
        """What is wanted of one choice; None where it is not answered."""
        say = self.field_of("say", asked)
        answer = say.data if say else None
        # Nothing chosen; a form that was tampered with may also send an empty answer.
        if not answer:
            return None
        topics, often = self._of("topics", asked), self._of("often", asked)
        return Change(
            asked.purpose.key,
            asked.choice.key,
            answer=Answer(answer),
            topics=topics or None,
            frequency=often or None,
        )

    def field_of(self, what: str, asked: Asked) -> Field | None:
        """The field of a choice (`say`, `topics`, `often`), if the company asks for it."""
        return cast("Field | None", self._fields.get(f"{what}-{asked.name}"))

    def _of(self, what: str, asked: Asked) -> Any:
        field = self.field_of(what, asked)
        return None if field is None else field.data

    def is_whole(self, purposes: Sequence[PurposeChoices], *, newer: Collection[Choice] = ()) -> bool:
        """Valid, and nobody has to guess: no yes whose topics were all taken out, no topics or rhythm for what is not said yes to.

        `newer`: choices that were changed since the page was made; of those nobody knows here what it showed.
        """
        whole = bool(self.validate_on_submit())
        for asked in asked_in(purposes):
            topics, say = self.field_of("topics", asked), self.field_of("say", asked)
            if asked.holds and topics and not topics.data and say and say.raw_data == [Answer.YES.value]:
                topics.errors = [_("Tick at least one, or choose No above.")]
                whole = False
            elif say and not say.errors and asked.of not in newer and (mistake := self._without_a_yes(asked, say)):
                say.errors = [mistake]
                whole = False
        return whole

    def _without_a_yes(self, asked: Asked, say: Field) -> str:
        """What is wrong where topics or a rhythm were chosen that no yes goes with; empty where that is not so.

        A no that is said now counts as it is: it leaves them aside.
        """
        if say.data == Answer.YES.value or (say.data and not asked.refused) or not self._details_differ(asked):
            return ""
        yes, no = (str(option.label.text) for option in cast(RadioField, say))
        channel = pick(asked.choice.title)
        if say.data:
            return _(
                "%(channel)s stands at “%(no)s”. Choose “%(yes)s” to get this, or load the page again.",
                channel=channel,
                yes=yes,
                no=no,
            )
        return _("Choose “%(yes)s” or “%(no)s” for %(channel)s.", channel=channel, yes=yes, no=no)

    def _details_differ(self, asked: Asked) -> bool:
        """Whether topics or rhythm were sent otherwise than the page showed them; what was not sent at all was not chosen."""
        topics, often = (self.field_of(what, asked) for what in ("topics", "often"))
        ticked = set(topics.data or ()) if topics else set()
        shown = set(topics.object_data or ()) if topics else set()
        return bool((ticked and ticked != shown) or (often and often.data and often.data != often.object_data))


def choices_form(
    company: Company, purposes: Sequence[PurposeChoices], *, seen: int, typed: bool = True, by_link: bool = False
) -> ChoicesForm:
    """The form as it was typed where it was sent (and `typed`), else as the choices stand. `by_link`: of these choices alone, with no token."""
    stands = _stands(company, asked_in(purposes), seen)
    made = _form_of(company, language())
    more: dict[str, Any] = {} if typed else {"formdata": None}
    if by_link:
        more |= {"only": {one.name for one in asked_in(purposes)}, "meta": {"csrf": False}}
    return made(data=stands, **more)


def plain_changes(
    company: Company, sent: MultiDict[str, str], holds: Callable[[Choice], bool], refused: Callable[[Choice], bool]
) -> list[Change] | None:
    """What a sent form wants of the choices that it answers, read without making the form: the same that its `changes` say.

    None where a field says none of its own answers, or more than one, where what is missing has to be filled in from what stands, or where
    topics or a rhythm come with no yes and no new no: that is for the form. `holds`: whether a choice is in use now, or would be but for a
    pause; `refused`: whether the person's own no stands.
    """
    changes = []
    for name, (key, channel) in answers_of(company).items():
        topics, often = sent.getlist(f"topics-{key}-{channel}"), sent.getlist(f"often-{key}-{channel}")
        if name not in sent:
            if topics or often:
                return None
            continue
        purpose, said = company.purposes[key], sent.getlist(name)
        if len(said) > 1 or said[0] not in ANSWER_OF or len(often) > 1:
            return None
        if not purpose.topics.keys() >= set(topics) or not purpose.frequencies.keys() >= set(often):
            return None
        lacks = (purpose.topics and not topics) or (purpose.frequencies and not often)
        if lacks and ANSWER_OF[said[0]] is Answer.YES and holds(Choice(key, channel)):
            return None
        if (topics or often) and ANSWER_OF[said[0]] is Answer.NO and refused(Choice(key, channel)):
            return None
        frequency = often[0] if often else None
        changes.append(Change(key, channel, answer=ANSWER_OF[said[0]], topics=topics or None, frequency=frequency))
    return changes


@once_a_configuration
def answers_of(company: Company) -> Mapping[str, tuple[str, str]]:
    """The names of the fields that hold an answer, each with its purpose and channel."""
    asked = [(key, channel) for key, one in company.purposes.items() for channel in one.channels]
    return {f"say-{key}-{channel}": (key, channel) for key, channel in asked}


def is_touched(sent: MultiDict[str, str], name: str) -> bool:
    """Whether a sent form says anything of the choice whose answer has that name: the answer, topics or a rhythm."""
    of = name.removeprefix("say-")
    return any(field in sent for field in (name, f"topics-{of}", f"often-{of}"))


def plain_version(sent: MultiDict[str, str]) -> int | None:
    """What the page showed, of a form that says so in one plain number."""
    seen = sent.getlist("seen")
    return int(seen[0]) if len(seen) == 1 and is_version(seen[0]) else None


def sent_form(company: Company, purposes: Sequence[PurposeChoices]) -> ChoicesForm:
    """The part of the form that is about some choices, as it was sent: enough to save, not to be shown again."""
    every = list(asked_in(purposes))
    # The token of the form was looked at before any view runs; a new one is for pages.
    made, names = _form_of(company, language()), {one.name for one in every}
    return made(only=names, data=_stands(company, every, 0), meta={"csrf": False})


def _stands(company: Company, every: Iterable[Asked], seen: int) -> dict[str, Any]:
    stands: dict[str, Any] = {"seen": str(seen)}
    for asked in every:
        purpose = company.purposes[asked.purpose.key]
        stands[f"say-{asked.name}"] = asked.answer
        if purpose.topics:
            stands[f"topics-{asked.name}"] = _topics(asked, purpose)
        if purpose.frequencies:
            stands[f"often-{asked.name}"] = _often(asked, purpose)
    return stands


@once_a_configuration
def _form_of(company: Company, spoken: str) -> type[ChoicesForm]:
    """The form of a company, in the language that is spoken as it is made."""
    return type("ChoicesOfCompany", (ChoicesForm,), dict(_fields_of(company)))


def _fields_of(company: Company) -> Iterator[tuple[str, Any]]:
    asked = [(key, one, channel) for key, one in company.purposes.items() for channel in one.channels]
    for key, purpose, channel in asked:
        yes, no = ANSWERS.get(purpose.basis, ANSWERS[Basis.CONSENT])
        yield f"say-{key}-{channel}", _one_of({Answer.YES.value: _(yes), Answer.NO.value: _(no)})
        if purpose.topics:
            titles = {topic: pick(one.title) for topic, one in purpose.topics.items()}
            options: dict[str, Any] = {"choices": titles, "invalid_choice_message": _("Choose from the list.")}
            yield f"topics-{key}-{channel}", Ticks(_("What about?"), **options)
        if purpose.frequencies:
            rhythms = {rhythm: pick(title) for rhythm, title in purpose.frequencies.items()}
            yield f"often-{key}-{channel}", _one_of(rhythms, label=_("How often?"))


def _one_of(answers: dict[str, str], *, label: str = "") -> RadioField:
    """One of a few, or none."""
    message = _("Choose one of the answers.")
    options: dict[str, Any] = {"choices": answers, "validators": [Optional()], "invalid_choice_message": message}
    return RadioField(label, **options)


def _topics(asked: Asked, purpose: Purpose) -> list[str]:
    if not asked.holds:
        return []
    return list(purpose.topics) if asked.choice.topics is None else [key for key in asked.choice.topics if key in purpose.topics]


def _often(asked: Asked, purpose: Purpose) -> str | None:
    """A yes without a word on it holds for the first, which is the most messages."""
    return (asked.choice.frequency or next(iter(purpose.frequencies))) if asked.holds else None
