"""Files of the look, and the brand of each company as one of them. Served from a fixed map, so that no path can lead elsewhere."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request

from portal.accounts import registry
from portal.config.model import Company
from portal.web.context import current_company
from portal.web.guards import public
from portal.web.headers import PICTURE_CSP

FOLDER = Path(__file__).resolve().parents[2] / "static"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png"}
SERIF = 'ui-serif, Georgia, "Times New Roman", "Noto Naskh Arabic", serif'
FOREVER = "public, max-age=31536000, immutable"

bp = Blueprint("looks", __name__)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file under its public name, which changes with its content."""

    name: str
    content: bytes
    packed: bytes
    type: str


def _file(name: str, content: bytes) -> StaticFile:
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(content).hexdigest()[:10]
    return StaticFile(f"{stem}.{digest}.{suffix}", content, gzip.compress(content, 9, mtime=0), TYPES[f".{suffix}"])


def brand_css(company: Company) -> str:
    """All that a company sets of the look; its values were checked when the configuration was loaded."""
    theme = company.theme

    def scheme(palette: object) -> str:
        return "".join(f"--{name.replace('_', '-')}:{value};" for name, value in vars(palette).items())

    font = f"--font-head:{SERIF};" if theme.serif else ""
    return (
        f":root{{{scheme(theme.light)}--radius:{theme.radius};{font}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{scheme(theme.dark)}}}}}\n"
    )


def collect_files() -> dict[str, dict[str, StaticFile]]:
    """Per company (and `""` for all): the plain name of each file and what is served for it."""
    files = {"": {path.name: _file(path.name, path.read_bytes()) for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}}
    config = registry.config()
    for key, company in config.portal.companies.items():
        logo = config.folder / company.theme.logo
        files[key] = {
            "brand.css": _file("brand.css", brand_css(company).encode()),
            "logo": _file(f"logo{logo.suffix}", logo.read_bytes()),
        }
    return files


def static_url(name: str) -> str:
    """Where the file is served: `static_url("portal.css")`, `"brand.css"`, `"logo"`."""
    return f"/static/{_found(name).name}"


def style_of(name: str, scheme: str) -> str:
    """A style sheet as if every device asked for this colour scheme, `light` or `dark`: for previews."""
    style = re.sub(r"color-scheme:\s*light dark", f"color-scheme:{scheme}", _found(name).content.decode())
    return re.sub(r"\(prefers-color-scheme:\s*(light|dark)\)", lambda asked: "all" if asked[1] == scheme else "not all", style)


def _found(name: str) -> StaticFile:
    files = current_app.extensions["portal_files"]
    found: StaticFile = files[current_company().key].get(name) or files[""][name]
    return found


@bp.get("/static/<name>")
@public("the look is the same for everyone")
def serve(name: str) -> Response:
    """One file of the look, under the name that holds its digest."""
    files = current_app.extensions["portal_files"]
    known = (*files[""].values(), *files[current_company().key].values())
    found = next((file for file in known if file.name == name), None)
    return _answer(found) if found else abort(404)


def _answer(found: StaticFile) -> Response:
    packed = request.accept_encodings["gzip"] > 0 and len(found.packed) < len(found.content)
    response = Response(found.packed if packed else found.content, content_type=found.type)
    response.headers["Cache-Control"] = FOREVER
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if found.type == "image/svg+xml":
        response.headers["Content-Security-Policy"] = PICTURE_CSP
    return response
