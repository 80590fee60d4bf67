"""The word of a company's sign-in service: what is not signed by it, for us, for this request and in time, is worth nothing."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from portal.core import clock
from portal.identity import oidc

OURS, OTHERS = RSAKey.generate_key(2048, {"kid": "one"}), RSAKey.generate_key(2048, {"kid": "one"})
BACK = "https://privacy.example.com/console/account/back"


class Service:
    """A service on this machine that says what a test tells it to."""

    def __init__(self):
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(service.gets.get(self.path.partition("?")[0]))

            def do_POST(self):
                service.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                service.authorization = self.headers.get("Authorization")
                self.answer(service.token)

            def answer(self, said):
                body = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(service.status if said is not None else 404)
                if 300 <= service.status < 400:
                    self.send_header("Location", "http://127.0.0.1:9/")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.status, self.asked, self.authorization = 200, [], None
        self.token = {}
        self.gets = {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            },
            "/keys": {"keys": [OURS.as_dict(private=False)]},
        }
        self.provider = oidc.Provider(self.issuer, "portal", "a secret")
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def signs(self, kept, key=OURS, alg="RS256", **claims):
        now = int(clock.now().timestamp())
        said = {
            "iss": self.issuer, "aud": "portal", "sub": "ida", "iat": now, "exp": now + 300, "nonce": kept["nonce"],
            **claims,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        self.token = {
            "id_token": jwt.encode({"alg": alg, "kid": "one"}, said, key, algorithms=[alg]),
            "access_token": "opens the rest",
            "token_type": "Bearer",
        }


@pytest.fixture
def service():
    service = Service()
    yield service
    service.server.shutdown()
    service.server.server_close()


def kept_by(service):
    return oidc.begin(service.provider, back=BACK, again=False).kept


def claims(service, kept):
    return oidc.claims_of(service.provider, code="a code", kept=kept, back=BACK)


def test_a_true_word_names_the_person_and_the_request_proves_that_it_is_ours(service):
    kept = kept_by(service)
    service.signs(kept)
    said = claims(service, kept)
    assert len(said.subject) == 32
    assert f"code_verifier={kept['verifier']}" in service.asked[0] and service.authorization.startswith("Basic ")


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "of another request"},
        {"nonce": None},
        {"aud": "somebody else"},
        {"aud": ["portal", "somebody else"]},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"sub": ""},
        {"sub": None},
    ],
    ids=str,
)
def test_a_word_for_another_or_out_of_time_is_refused(service, wrong):
    kept = kept_by(service)
    service.signs(kept, **wrong)
    with pytest.raises(oidc.ProviderRefused):
        claims(service, kept)


def test_a_word_under_a_key_that_is_not_the_services_is_refused(service):
    kept = kept_by(service)
    service.signs(kept, key=OTHERS)
    with pytest.raises(oidc.ProviderRefused):
        claims(service, kept)


def test_who_knows_the_clients_secret_cannot_write_a_word_with_it(service):
    kept = kept_by(service)
    service.signs(kept, key=OctKey.import_key("a secret".ljust(32, "x")), alg="HS256")
    with pytest.raises(oidc.ProviderRefused):
        claims(service, kept)
    _head, body, _signature = service.token["id_token"].split(".")
    service.token["id_token"] = f"eyJhbGciOiJub25lIn0.{body}."
    with pytest.raises(oidc.ProviderRefused):
        claims(service, kept)


def test_a_key_that_the_service_took_back_is_good_no_longer(service):
    kept = kept_by(service)
    service.signs(kept)
    claims(service, kept)
    service.gets["/keys"] = {"keys": []}
    with pytest.raises(oidc.ProviderRefused):
        claims(service, kept)


def test_K1_an_account_is_issuer_and_subject_and_nothing_else(service):
    kept = kept_by(service)
    found = {}
    for email, sub in (("ida@example.com", "ida"), ("ida@example.com", "other"), ("ola@example.com", "ida")):
        service.signs(kept, email=email, sub=sub)
        found[email, sub] = claims(service, kept).subject
    assert found["ida@example.com", "ida"] == found["ola@example.com", "ida"] != found["ida@example.com", "other"]
    elsewhere = Service()
    kept = kept_by(elsewhere)
    elsewhere.signs(kept)
    assert claims(elsewhere, kept).subject not in found.values()
    elsewhere.server.shutdown()
    elsewhere.server.server_close()


def test_the_moment_of_the_sign_in_is_read_where_it_is_said(service):
    kept, now = kept_by(service), clock.now().replace(microsecond=0)
    service.signs(kept, auth_time=int((now - timedelta(hours=1)).timestamp()))
    assert claims(service, kept).signed_in_at == now - timedelta(hours=1)


@pytest.mark.parametrize("said", [b"", b"[]", b"\xff", b"{" * 100_000, b'{"id_token": "' + b"x" * 300_000 + b'"}'], ids=len)
def test_rubbish_is_a_service_that_is_away(service, said):
    kept = kept_by(service)
    service.token = said
    with pytest.raises(oidc.ProviderAway):
        claims(service, kept)


def test_a_redirect_is_not_followed(service):
    kept = kept_by(service)
    service.status = 302
    with pytest.raises(oidc.ProviderAway):
        claims(service, kept)


@pytest.mark.parametrize(
    "change", [{"issuer": "https://evil.example"}, {"token_endpoint": "ftp://x/"}, {"jwks_uri": None}], ids=str
)
def test_K2_a_service_that_calls_itself_otherwise_is_not_asked(service, change):
    service.gets["/.well-known/openid-configuration"] |= change
    with pytest.raises(oidc.ProviderAway):
        kept_by(service)


def test_a_code_of_any_length_but_none_and_too_long_is_sent_once(service):
    kept = kept_by(service)
    for code in ("", "x" * 3000):
        with pytest.raises(oidc.ProviderRefused):
            oidc.claims_of(service.provider, code=code, kept=kept, back=BACK)
    assert service.asked == []
