"""Door 1, what choices would mean before they are saved: of the messages of the last weeks, how many would have come. Saves nothing."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.choosing.form import ChoicesForm
from portal.config.model import Company
from portal.consent.effect import Effect, Wish, effect_of
from portal.consent.events import Choice
from portal.consent.saving import Answer
from portal.core.i18n import pick
from portal.site import preferences_words as words
from portal.site import typed_before
from portal.web.context import current_company, database
from portal.web.guards import current_session, person_required
from portal.web.transactions import asks_systems

bp = Blueprint("effects", __name__, url_prefix="/preferences")


@bp.post("/effect")
@person_required(keeps=typed_before.sent)
@asks_systems
def show() -> ResponseReturnValue:
    """The same page with the answers as typed, and what they would have meant."""
    company, current = current_company(), current_session()
    with database().reading(company.id) as db:
        stand = words.stand_of(db, current.person_id)
        form = stand.form()
        if not form.is_whole(stand.purposes):
            return render_template("site/preferences.html", **words.page(db, stand, form=form)), 422
    effect = effect_of(database(), company.id, current, wishes_of(form, stand))
    with database().reading(company.id) as db:
        page = words.page(db, stand, form=form)
    return render_template("site/preferences.html", **page, effect=_in_words(company.config, effect), effect_asked=True)


def wishes_of(form: ChoicesForm, stand: words.Stand) -> Mapping[Choice, Wish]:
    """What the form wants, as far as it differs from what stands anyway; a break goes on."""
    paused = {Choice(one.purpose.key, one.choice.key) for one in stand.paused()}
    found: dict[Choice, Wish] = {}
    for change in form.changes(stand.purposes):
        choice = Choice(change.purpose, change.channel)
        if change.answer is Answer.NO or choice not in paused:
            topics = None if change.topics is None else frozenset(change.topics)
            found[choice] = Wish(change.answer is Answer.YES, topics)
    return found


def _in_words(company: Company, effect: Effect | None) -> dict[str, Any] | None:
    if effect is None:
        return None
    lines = [
        {"title": pick(company.purposes[one.purpose].title), "would": one.would, "total": one.total}
        for one in effect.purposes
        if one.purpose in company.purposes
    ]
    silent = [pick(company.systems[key].title) for key in effect.silent]
    return {"would": effect.would, "total": effect.total, "days": effect.days, "lines": lines, "silent": silent}
