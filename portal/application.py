"""Build the Flask application: plumbing first, then the doors. Imported only by `create_app`, so that commands stay light."""

from pathlib import Path

from flask import Flask, Response, g, request

from portal.accounts import registry
from portal.api import all_parts as api
from portal.api.quick import QuickAnswers
from portal.console.all_parts import blueprints as console_blueprints
from portal.core import crypto, i18n
from portal.identity import oidc
from portal.links import embedding, page
from portal.links.all_parts import blueprints as link_blueprints
from portal.site.all_parts import blueprints
from portal.starting import Running
from portal.web import errors, forgery, language, looks, restored, staff_guards, transactions, uploads
from portal.web.context import company_of_host, current_company
from portal.web.cookies import DoorCookie
from portal.web.headers import set_headers

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
LARGEST_BODY = 64 * 1024


def build(running: Running) -> Flask:
    """Wire everything together."""
    app = Flask("portal", static_folder=None, template_folder=str(TEMPLATES))
    app.extensions["portal_database"] = running.database
    app.extensions["portal_providers"] = oidc.providers_of(registry.config())
    app.extensions["portal_files"] = looks.collect_files()
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        MAX_FORM_PARTS=100,
        # Flask asks for a key before it opens a session; ours signs with the key ring instead.
        SECRET_KEY=crypto.secret_for("flask"),
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.session_interface = DoorCookie()
    app.request_class = uploads.PortalRequest
    _speak(app)
    app.url_defaults(language.keep_in_address)
    app.before_request(_find_company)
    app.before_request(language.begin_speaking)
    gate = restored.Gate(running.database)
    app.before_request(gate.refuse)
    app.before_request(forgery.refuse_foreign_posts)
    app.before_request(staff_guards.arrive_from_elsewhere)
    app.before_request(uploads.allow_files)
    forgery.protect(app)
    app.after_request(set_headers)
    app.teardown_request(_end_request)
    errors.handle_errors(app, api.is_ours, api.refuse)
    api.register(app)
    for blueprint in (looks.bp, *blueprints(demo=running.settings.is_demo), *link_blueprints(), *console_blueprints()):
        app.register_blueprint(blueprint)
    # The same page once more, under the one address that other sites may frame.
    app.register_blueprint(page.bp, name=embedding.NAME, url_prefix=embedding.PREFIX)
    app.after_request(embedding.allow_configured_frames)
    for blueprint in link_blueprints():
        forgery.exempt(app, blueprint)
    app.wsgi_app = QuickAnswers(app, running.database, gate)  # type: ignore[method-assign]  # how Flask wants it to be wrapped
    return app


def _find_company() -> Response | None:
    company = company_of_host(request.headers.get("Host"))
    if company is None:
        return Response("421 This address is not served here.\n", 421, content_type="text/plain; charset=utf-8")
    g.company = company
    return None


def _end_request(error: BaseException | None) -> None:
    transactions.end()
    language.stop_speaking()


def _speak(app: Flask) -> None:
    """Give the templates words, looks and the company."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension of the line above
        gettext=lambda message: i18n.catalogue(i18n.language()).gettext(message),
        ngettext=lambda one, many, count: i18n.catalogue(i18n.language()).ngettext(one, many, count),
        newstyle=True,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        text=i18n.pick,
        date=i18n.format_date,
        time=i18n.format_time,
        moment=i18n.format_moment,
        number=i18n.format_number,
        listed=i18n.format_list,
        utc=i18n.utc,
        size=i18n.format_size,
    )
    app.jinja_env.globals.update(static_url=looks.static_url, text=i18n.pick, language_links=language.language_links)

    @app.context_processor
    def _page() -> dict[str, object]:
        framed = request.blueprint == embedding.NAME
        return {"company": current_company().config, "locale": i18n.language(), "direction": i18n.direction(), "framed": framed}
