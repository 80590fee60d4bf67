"""Door 2, one-click unsubscribe (RFC 8058): mail programs post here without cookie, page or person.

Must never redirect, set a cookie, ask for anything, or refuse for a limit; and never look at the body: the token says it all.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.consent.opting_out import tell_of_stop
from portal.consent.unproven import marketing_choices, stop
from portal.core import i18n
from portal.links.reader import choice_of, name_of, reader_of, title_of
from portal.links.telling import lines_of
from portal.links.told import Press
from portal.people.link_tokens import Life
from portal.people.service import EMAIL
from portal.web.context import current_company
from portal.web.guards import current_link, link_required
from portal.web.language import can_be_read_at
from portal.web.said import address_saying, said_at
from portal.web.transactions import db

bp = Blueprint("one_click", __name__, url_prefix="/u/<token>")
HERE = "link:one_click"
DONE = "stopped"


@bp.get("")
@link_required("stop")
def show(token: str) -> ResponseReturnValue:
    """One button, which does what the mail program would have done."""
    done = said_at("one_click.show", token=token) == DONE
    return render_template("links/unsubscribed.html" if done else "links/one_click.html", **_words(token))


@bp.post("")
@link_required("stop")
def unsubscribe(token: str) -> ResponseReturnValue:
    """Stop what the mail was about. The answer is the same for everyone, also the second time."""
    link, choice = current_link().link, choice_of(current_link().link)
    stopped = stop(db(), link.identifier, [choice] if choice else [], language=i18n.language(), collection_point=HERE)
    if current_link().life is Life.SHUT_OFF and stopped.person_id and stopped.saved.events and link.identifier.kind == EMAIL:
        # A key is shut off because it got into other hands: who is stopped under it learns of it.
        tell_of_stop(db(), stopped.person_id, link.identifier.value, stopped.saved, language=i18n.language())
    # Nothing is led on from here (RFC 8058), but who changes the language comes by GET and is told the same.
    can_be_read_at(address_saying("one_click.show", DONE, token=token))
    return render_template("links/unsubscribed.html", **_words(token))


def _words(token: str) -> dict[str, object]:
    link, choice = current_link().link, choice_of(current_link().link)
    off = [choice] if choice else marketing_choices(current_company().config)
    return {
        "token": token,
        "hint": reader_of(db(), link).hint,
        "about": title_of(current_company().config, choice),
        "one_choice": bool(link.choice),
        "lines": lines_of([name_of(one) for one in off], Press.THIS if choice else Press.ALL),
    }
