"""Door 1, home: what you agreed to, what we hold, your requests. The answer first, each in one sentence."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.cases.phone.asking import call_for
from portal.site import choices_words, own_data, requests_words
from portal.site.kept_words import kept_words
from portal.web.context import current_company, database
from portal.web.guards import current_session, person_required
from portal.web.transactions import asks_systems

bp = Blueprint("home", __name__)


@bp.get("/")
@person_required()
@asks_systems
def show() -> ResponseReturnValue:
    """Home: the three plain things."""
    data = own_data.read()
    with database().reading(current_company().id) as db:
        cases = requests_words.visible(db, current_session())
        asked = requests_words.overview(db, cases)
        asked |= {"erasing": requests_words.under_way(db, cases), "requests_count": len(cases)}
        choices = choices_words.summary(db, current_session().person_id)
        kept = kept_words(db, current_session())
        asked |= {"call": call_for(db, current_session().person_id)}
        asked |= {"more_url": requests_words.more_url(db, current_session(), data.reading)}
    asked["requests"] = asked["requests"][: requests_words.NEWEST]
    held = None if data.closed else own_data.page(data)
    silent = data.silent if data.unsure else []
    return render_template("site/home.html", choices=choices, held=held, silent=silent, kept=kept, **asked)
