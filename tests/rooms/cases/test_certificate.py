"""F9: a certificate says what was done and not whose it was; changed, cut, or of another case, it is not valid and no more is said."""

import base64
import io
import json
import os
import subprocess
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pikepdf
import pytest

from portal.accounts import registry
from portal.adapters.contract import Fate
from portal.cases.certificate.paper import certificate_page, certificate_pdf
from portal.cases.certificate.signed import certificate_json, digest_of, verify_certificate
from portal.cases.erasing.result import ErasureResult, ResultItem, SystemResult, Went, plain_result
from portal.core import clock, crypto, signatures
from portal.core.i18n import speaking
from portal.core.signatures import SignatureRefused
from tests.nursery import run_portal
from tests.rooms.world import COMPANIES, World

ROOT = Path(__file__).parents[3]
TYPED = "Done on the phone with Maria Berg"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Nothing here is about the database: the embedded one is enough."""
    from tests.rooms.world import empty_sqlite

    file = tmp_path / "portal.db"
    file.write_bytes(empty_sqlite())
    return f"sqlite:///{file}"


def result(language: str = "en", **more: object) -> ErasureResult:
    """An erasure in three systems, one of them done by hand with a name typed into the reason."""
    then = clock.now() - timedelta(days=3)
    shop = (
        ResultItem("shop.reviews", "Your reviews", Fate.ERASE, 3),
        ResultItem("shop.customers", "Your account", Fate.OVERWRITE, 1, ("Name", "E-mail")),
        ResultItem("shop.invoices", "Your invoices", Fate.KEEP, 2, ground="Bookkeeping Act § 13", until=date(2031, 1, 1)),
    )
    whole = ErasureResult(
        "7KQ2-M9XD-4TBR", "first", "eu_gdpr", language, (), then, clock.now(),
        (
            SystemResult("shop", "The shop", Went.ERASED, shop, ended_at=clock.now()),
            SystemResult("mail", "The mail tool", Went.NOTHING),
            SystemResult("paper", "The archive", Went.BY_HAND, note=TYPED),
        ),
    )  # fmt: skip
    return replace(whole, **more)  # type: ignore[arg-type]  # a test may replace any of them


def test_what_was_signed_is_read_back_without_database_or_secret(world: World, keys: crypto.KeyRing) -> None:
    token, public = certificate_json(result()), json.loads(json.dumps(signatures.key_set("first")))
    crypto.use_keys(crypto.new_key_ring())
    told = verify_certificate(token, public)
    assert (told.number, told.is_complete, len(told.systems)) == ("7KQ2-M9XD-4TBR", True, 3)
    assert digest_of(told) == digest_of(result(confirmed_at=told.confirmed_at, ended_at=told.ended_at, systems=told.systems))


def test_F9_nothing_that_a_human_typed_stands_in_it(world: World) -> None:
    token = certificate_json(result())
    payload = token.split(".")[1]
    assert b"Maria" not in base64.urlsafe_b64decode(payload + "==")
    with speaking("en", "Europe/Oslo"):
        assert "Maria" not in certificate_page(world.company(), result())


def test_F9_forged_replayed_or_signed_as_something_else_it_is_refused(world: World) -> None:
    public = signatures.key_set("first")
    token, other = certificate_json(result()), certificate_json(result(number="AAAA-BBBB-CCCC"))
    head, body, signature = token.split(".")
    statement = json.loads(base64.urlsafe_b64decode(body + "=="))
    for wrong in (
        f"{head}.{other.split('.')[1]}.{signature}",
        token[:-2],
        "",
        "no certificate",
        json.dumps(statement),
        signatures.sign("first", "receipt", statement),
        signatures.sign("first", "certificate", {**statement, "digest": "0" * 64}),
        signatures.sign("first", "certificate", {**statement, "result": {**statement["result"], "case": "AAAA-BBBB-CCCC"}}),
        signatures.sign("first", "certificate", {"digest": statement["digest"]}),
    ):
        with pytest.raises(SignatureRefused):
            verify_certificate(wrong, public)
    with pytest.raises(SignatureRefused):
        verify_certificate(token, signatures.key_set("second"))


def command(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return run_portal("certificate", "verify", *words, environment={**clean, **environment})


@pytest.mark.slow
def test_F9_the_command_says_valid_or_not_and_nothing_else(world: World, tmp_path: Path) -> None:
    good, bad, public = tmp_path / "good.jws", tmp_path / "bad.jws", tmp_path / "jwks.json"
    good.write_text(certificate_json(result()) + "\n")
    bad.write_bytes(b"\xff\x00" * 400_000)
    public.write_text(json.dumps(signatures.key_set("first")))
    answer = command(str(good), "--keys", str(public))
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "valid\n", "")
    public.write_text(json.dumps(signatures.key_set("second")))
    for file in (good, bad):
        answer = command(str(file), "--keys", str(public))
        assert (answer.returncode, answer.stdout, answer.stderr) == (1, "not valid\n", "")
    own = {
        "PORTAL_MODE": "demo", "PORTAL_CONFIG": str(COMPANIES), "PORTAL_DATABASE_URL": "sqlite:////nowhere/at/all.db",
        "PORTAL_KEYS": crypto.keys().dump(), "PORTAL_FILES": str(tmp_path),
    }  # fmt: skip
    assert command(str(good), **own).stdout == "valid\n", "with the portal's own keys, and no database"
    public.write_text("[]")
    assert "JWK set" in command(str(good), "--keys", str(public)).stderr


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
def test_on_paper_it_is_tagged_in_the_language_of_the_case_and_says_the_same(world: World, language: str) -> None:
    pdf = certificate_pdf(result(language))
    assert pdf is not None
    opened = pikepdf.open(io.BytesIO(pdf))
    assert opened.Root.MarkInfo.Marked
    assert str(opened.Root.Lang) == language
    with opened.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"


def test_the_page_says_what_became_of_each_and_until_when_the_rest_is_kept(world: World) -> None:
    with speaking("en", "Europe/Oslo"):
        page = certificate_page(world.company(), result())
        unfinished = certificate_page(world.company(), result(systems=(SystemResult("shop", "The shop", Went.FAILED, left=4),)))
    for words in (
        "Deleted",
        "Made unreadable",
        "Bookkeeping Act",
        "2031",
        "Nothing was held here.",
        "7KQ2-M9XD-4TBR",
        "Everything",
    ):
        assert words in page, words
    assert registry.company(world.first).url in page
    assert "Proof of what you agreed to" not in page
    assert "Not everything is done." in unfinished
    assert "Still there when we read again: 4." in unfinished


def test_the_sealed_proof_of_consent_is_named_with_its_last_day_and_signed_with_the_rest(
    world: World, keys: crypto.KeyRing
) -> None:
    kept = result(proof_until=date(2029, 11, 26))
    with speaking("en", "Europe/Oslo"):
        page = certificate_page(world.company(), kept)
    assert "stays sealed as proof until 26 November 2029" in page
    public = json.loads(json.dumps(signatures.key_set("first")))
    assert verify_certificate(certificate_json(kept), public).proof_until == date(2029, 11, 26)
    assert "proof_until" not in plain_result(result()), "certificates that were signed before it was told stay valid"
