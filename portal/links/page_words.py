"""What the pages behind a link say. Must never name a sensitive purpose, nor the whole address."""

from typing import Any

from portal.choosing.form import ChoicesForm, asked_in
from portal.choosing.words import NOTHING_BESIDES, days_of_a_break, words_of
from portal.consent.choices import PurposeChoices, Standing
from portal.consent.readers import Reader
from portal.links import signal, wishes
from portal.links.reader import choice_of, signed_in_as, title_of
from portal.web.context import current_company
from portal.web.guards import current_link, live_link
from portal.web.transactions import db


def words(reader: Reader, token: str) -> dict[str, Any]:
    """What every page of the link says: for whom it is, and what it is about."""
    return {
        "token": token,
        "hint": reader.hint,
        "about": title_of(current_company().config, choice_of(current_link().link)),
        "one_choice": bool(current_link().link.choice),
        "signed_in_as": signed_in_as(db(), reader),
        "signal_due": not live_link().may_show or signal.is_due(db(), reader),
    }


def choices(reader: Reader, token: str, *, form: ChoicesForm | None = None, wrong_day: str = "", day: str = "") -> dict[str, Any]:
    """The same with the choices as they stand, or as the form was sent; `day`: as it was typed for a break, and what is wrong with it."""
    purposes = wishes.purposes_of(reader)
    form, in_use = form or wishes.form_of(reader, purposes), wishes.in_use(reader, purposes)
    hidden = any(one.sensitive and one.channels for one in current_company().config.purposes.values())
    return {
        **words(reader, token),
        "form": form,
        "purposes": [_purpose(reader, one, form) for one in purposes],
        "may_ask": wishes.may_ask(reader),
        "in_use": bool(in_use),
        "loud": any(one.choice.standing is not Standing.PAUSED for one in in_use),
        "paused_until": max((one.choice.until for one in in_use if one.choice.until), default=None),
        **days_of_a_break(),
        "wrong_day": wrong_day,
        "day": day,
        "some_hidden": hidden,
    }


def _purpose(reader: Reader, purpose: PurposeChoices, form: ChoicesForm) -> dict[str, Any]:
    """One purpose. Where no mailbox can be asked for a yes, only what stands can be kept or lowered."""
    said = words_of(db(), purpose, form, NOTHING_BESIDES)
    for asked, item in zip(asked_in([purpose]), said["choices"], strict=True):
        item["words_seen"] = None
        if not wishes.may_ask(reader) and asked.answer != "yes":
            item.update(only_no=True, topics=None, often=None)
    return said
