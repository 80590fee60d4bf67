"""Door 4, who works here: the list, and giving and taking roles. New colleagues come from an operator (`portal staff add`).

Must never let anybody change their own roles or grant above themselves (K6), nor name a colleague to who may not see staff.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.roles import ROLES
from portal.accounts.staff import AboveOwnRole, NoSuchStaff, OwnRoles, UnknownRole, remove_staff, set_roles, staff_of
from portal.cases.desk import let_go
from portal.console import words
from portal.core.i18n import _
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_colleagues", __name__, url_prefix="/console/staff")


@bp.get("")
@staff_may("staff.read")
def show() -> ResponseReturnValue:
    """Everybody, with what they may do."""
    return _page()


@bp.post("/<person>/roles")
@staff_may("staff.manage", fresh=True)
def roles(person: str) -> ResponseReturnValue:
    """Give exactly the roles that are ticked; from their next request on."""
    granter = current_staff().staff
    try:
        set_roles(db(), person, request.form.getlist("role"), by=granter.actor, granter=granter)
    except NoSuchStaff:
        abort(404)
    except UnknownRole:
        return _page(_("Tick at least one role, or remove them."))
    except (OwnRoles, AboveOwnRole):
        return _page(
            _("Nobody changes their own roles, or gives or takes one above their own. A colleague or an operator does it.")
        )
    flash(_("The roles are changed. They hold from the next page on."), "ok")
    return redirect(url_for("staff_colleagues.show"))


@bp.post("/<person>/remove")
@staff_may("staff.manage", fresh=True)
def remove(person: str) -> ResponseReturnValue:
    """End what they may do; their cases are everybody's again."""
    granter = current_staff().staff
    try:
        gone = remove_staff(db(), person, by=granter.actor, granter=granter)
    except NoSuchStaff:
        abort(404)
    except (OwnRoles, AboveOwnRole):
        return _page(
            _("Nobody changes their own roles, or gives or takes one above their own. A colleague or an operator does it.")
        )
    let_go(db(), gone)
    flash(_("Removed. Their cases have nobody now."), "ok")
    return redirect(url_for("staff_colleagues.show"))


def _page(mistake: str = "") -> ResponseReturnValue:
    current = current_staff()
    page = render_template(
        "console/staff.html", current=current, everyone=staff_of(db()), roles={role: words.role_of(role) for role in ROLES},
        manages=current.staff.may("staff.manage"), mistake=mistake,
    )  # fmt: skip
    return page, 422 if mistake else 200
