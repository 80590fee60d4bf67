"""Headers of every answer. Nothing inline, nothing foreign, nothing kept by anyone on the way."""

from collections.abc import Sequence

from flask import Response, g, request

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
NO_FRAME, NO_FRAME_HEADER = "frame-ancestors 'none'", "X-Frame-Options"
ALWAYS = (
    ("Content-Security-Policy", CSP),
    ("X-Content-Type-Options", "nosniff"),
    (NO_FRAME_HEADER, "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()"),
    ("X-Robots-Tag", "noindex, nofollow"),
)
ONLY_SECURE = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
VARIES = ("Cookie", "Accept-Language", "Sec-GPC")
MAIL_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Mails style themselves in place, as mail programs need it: allowed where one is shown alone, and nowhere else."""
PICTURE_CSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def allow_frame(response: Response, origins: Sequence[str]) -> Response:
    """Let these origins, exactly, show this answer in a frame. With none of them, nobody may.

    Then `X-Frame-Options` goes: it knows no list, and proxies and browsers that heed it beside frame-ancestors would show no frame.
    """
    if origins:
        response.headers["Content-Security-Policy"] = CSP.replace(NO_FRAME, f"frame-ancestors {' '.join(origins)}")
        g.is_framed = True
    return response


def set_headers(response: Response) -> Response:
    """Fill in what the view did not say itself. Every answer but a static file is personal: no-store, errors and redirects too."""
    headers = response.headers
    for name, value in ALWAYS:
        if name != NO_FRAME_HEADER or not g.get("is_framed"):
            headers.setdefault(name, value)
    # A page opened by a secret link says nothing at all of where it was; elsewhere our own host may know, so that Origin is sent.
    headers.setdefault("Referrer-Policy", "no-referrer" if g.get("secret_link") else "same-origin")
    if request.is_secure:
        headers.setdefault(*ONLY_SECURE)
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
        response.vary.update(VARIES)
    return response


def headers_of_data(*, secure: bool) -> list[tuple[str, str]]:
    """The same for an answer of data that nobody has put headers on."""
    said = [*ALWAYS, ("Referrer-Policy", "same-origin"), ("Cache-Control", "no-store"), ("Vary", ", ".join(VARIES))]
    return [*said, ONLY_SECURE] if secure else said
