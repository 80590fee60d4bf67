"""Receipts: what the ledger has, signed, without an address, and checked by anyone without us."""

import base64
import json

import pytest

from portal.cli import main
from portal.config.model import Recipient, Role
from portal.config.systems import CollectionNote, FieldNote, System
from portal.consent.dpv import iso_duration, recipients_of, record_of
from portal.consent.ledger import events_of
from portal.consent.model import ConsentEvent
from portal.consent.receipts import NoSuchAct, ReceiptIsWrong, proves, read_receipt, receipt_for
from portal.consent.words import Act, Actor
from portal.core import signatures
from portal.core.signatures import SignatureRefused, key_set
from tests.rooms.consent.customers import customer


def payload_of(token):
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


def test_a_receipt_says_what_the_ledger_has(db, maria):
    event = maria.did(Act.GIVEN, topics=["courses"], frequency="monthly", language="de")
    receipt = read_receipt(receipt_for(db, maria.id, 1), key_set("first"))
    assert (receipt.company, receipt.act, receipt.purpose, receipt.channel) == (
        "First Coffee AS",
        Act.GIVEN,
        "newsletter",
        "email",
    )
    assert (receipt.notice, receipt.language) == ("Ich möchte Neues von First Coffee.", "de")
    assert (receipt.topics, receipt.frequency, receipt.at) == (("courses",), "monthly", event.received_at)
    assert receipt.digest == bytes(db.query(ConsentEvent).filter_by(person_id=maria.id).one().digest)


@pytest.mark.parametrize("act", [act for act in Act if act not in (Act.PAUSED, Act.UNDONE)])
def test_every_act_has_its_receipt(db, maria, act):
    maria.did(act, actor=Actor.PERSON)
    token = receipt_for(db, maria.id, 1)
    assert read_receipt(token, key_set("first")).act is act
    said = payload_of(token)
    assert said["dct:conformsTo"].endswith("#receipt")
    assert said["dpv:hasRecordOfActivity"][0]["@type"] == "dpv:ConsentRecord"


def test_no_address_stands_in_it_and_yet_it_proves_whose_it_is(db, maria):
    maria.did(Act.GIVEN)
    said = payload_of(receipt_for(db, maria.id, 1))
    assert "maria" not in json.dumps(said)
    assert proves(said, "email", "maria@example.org")
    assert not proves(said, "email", "ola@example.org")


def test_two_receipts_of_one_person_do_not_show_that_they_are_of_one(db, maria):
    maria.did(Act.GIVEN)
    maria.did(Act.WITHDRAWN)
    known = [
        payload_of(receipt_for(db, maria.id, place))["dpv:hasRecordOfActivity"][0]["dpv:hasDataSubject"]["ledger:known_as"]
        for place in (1, 2)
    ]
    assert not set(known[0]) & set(known[1])


def test_another_companys_keys_do_not_vouch_for_it_and_a_changed_one_is_refused(db, maria):
    maria.did(Act.GIVEN)
    token = receipt_for(db, maria.id, 1)
    with pytest.raises(SignatureRefused):
        read_receipt(token, key_set("second"))
    head, body, signature = token.split(".")
    other = body[:40] + ("A" if body[40] != "A" else "B") + body[41:]
    for changed in (f"{head}.{other}.{signature}", token[:-8], "", "rubbish", f"{head}..{signature}"):
        with pytest.raises(SignatureRefused):
            read_receipt(changed, key_set("first"))


def test_a_statement_of_another_kind_is_no_receipt(db, maria):
    maria.did(Act.GIVEN)
    said = payload_of(receipt_for(db, maria.id, 1))
    with pytest.raises(SignatureRefused):
        read_receipt(signatures.sign("first", "certificate", said), key_set("first"))


@pytest.mark.parametrize("name", ["ledger:event", "ledger:digest", "ledger:notice", "dct:publisher", "ledger:title"])
def test_what_does_not_fit_together_is_refused_though_it_is_signed(db, maria, name):
    maria.did(Act.GIVEN)
    said = payload_of(receipt_for(db, maria.id, 1))
    for wrong in (None, "{}", {"text": "I want everything.", "language": "en"}):
        if name == "ledger:title" and wrong is not None:
            continue
        bad = {**said, name: wrong} if wrong is not None else {key: one for key, one in said.items() if key != name}
        with pytest.raises(ReceiptIsWrong):
            read_receipt(signatures.sign("first", "receipt", bad), key_set("first"))


def test_nobody_gets_the_receipt_of_somebody_else(world):
    with world.writing() as db:
        maria, ola = customer(db), customer(db, "ola@example.org")
        maria.did(Act.GIVEN)
        with pytest.raises(NoSuchAct):
            receipt_for(db, ola.id, 1)
        with pytest.raises(NoSuchAct):
            receipt_for(db, maria.id, 2)
    with world.reading(world.second) as db, pytest.raises(NoSuchAct):
        receipt_for(db, maria.id, 1)


def test_a_kept_receipt_is_checked_without_the_portal(db, maria, tmp_path, capsys):
    maria.did(Act.GIVEN)
    file, keys = tmp_path / "receipt.jws", tmp_path / "jwks.json"
    file.write_text(receipt_for(db, maria.id, 1) + "\n")
    keys.write_text(json.dumps(key_set("first")))
    assert main(["receipt", "verify", str(file), "--keys", str(keys)]) == 0
    told = capsys.readouterr().out
    assert "Genuine. First Coffee AS wrote it." in told
    assert "I want news from First Coffee." in told
    keys.write_text(json.dumps(key_set("second")))
    assert main(["receipt", "verify", str(file), "--keys", str(keys)]) == 1
    keys.write_text("[]")
    assert main(["receipt", "verify", str(file), "--keys", str(keys)]) == 1
    assert [event.act for event in events_of(db, maria.id)] == [Act.GIVEN]


def record_in(db, person, place):
    (record,) = payload_of(receipt_for(db, person.id, place))["dpv:hasRecordOfActivity"]
    return record


def test_a_record_has_the_fields_that_iso_27560_asks_for_and_the_portal_knows(world, db, maria):
    maria.did(Act.GIVEN, language="de")
    record, company = record_in(db, maria, 1), world.company()
    controller, (process,) = f"{company.url}#controller", record["dpv:hasProcess"]
    assert record["dpv:hasDataController"]["@id"] == controller
    assert (record["dpv:hasJurisdiction"], record["dpv:hasLegalBasis"]) == (f"loc:{company.country}", "eu-gdpr:A6-1-a")
    assert record["dpv:hasAuthority"]["@id"] == company.authority.url
    assert [one["@type"] for one in record["dpv:hasNotice"]] == ["dpv:ConsentNotice", "dpv:PrivacyNotice"]
    assert {one["dct:language"] for one in record["dpv:hasNotice"]} == {"de"}
    assert "dpv:WithdrawConsent" in record["dpv:hasConsentControl"]["@type"]
    assert record["dpv:hasRight"][0]["@type"] == ["dpv:DataSubjectRight", "eu-gdpr:A7-3"]
    assert (process["dpv:hasPersonalData"], process["dpv:hasRecipient"]) == (["pd:EmailAddress"], [controller])
    assert process["dpv:hasStorageCondition"][1] == {"@type": "dpv:StorageDeletion", "dpv:hasDuration": "P3Y"}
    (status,) = record["dpv:hasConsentStatus"]
    assert (status["@type"], status["dpv:isIndicatedBy"]) == ("dpv:ConsentGiven", "dpv:DataSubject")


def test_a_yes_that_somebody_else_took_back_is_revoked_and_not_withdrawn(db, maria):
    maria.did(Act.GIVEN)
    maria.did(Act.WITHDRAWN)
    maria.did(Act.GIVEN)
    maria.did(Act.WITHDRAWN, actor=Actor.STAFF, collection_point="desk:bergen")
    own, others = (record_in(db, maria, place)["dpv:hasConsentStatus"][0] for place in (2, 4))
    assert (own["@type"], own["dpv:isIndicatedBy"]) == ("dpv:ConsentWithdrawn", "dpv:DataSubject")
    assert (others["@type"], others["dpv:isIndicatedBy"].endswith("#controller")) == ("dpv:ConsentRevoked", True)


def with_recipients(company):
    """The company, which hands data on: by a purpose, by what it keeps, and by one field of that."""
    said = {"en": "x", "de": "x"}
    recipients = {
        key: Recipient(name=f"{key.title()} AS", country=country, role=role, purpose=said)
        for key, country, role in (
            ("partner", "SE", Role.CONTROLLER),
            ("mailer", "DE", Role.PROCESSOR),
            ("printer", "NO", Role.PROCESSOR),
            ("tax", "NO", Role.AUTHORITY),
        )
    }
    kept = {"title": said, "source": "you", "retention": "three_years"}
    collections = {
        "shop.readers": CollectionNote(**kept, purpose="newsletter", recipients=["mailer"]),
        "shop.orders": CollectionNote(
            **kept,
            purpose="orders",
            recipients=["tax"],
            fields={
                "address": FieldNote(title=said, purpose="newsletter", recipients=["printer"]),
                "total": FieldNote(title=said),
            },
        ),
    }
    newsletter = company.purposes["newsletter"].model_copy(update={"recipients": ["partner"], "stored_in": ["NO", "DE"]})
    return company.model_copy(
        update={
            "recipients": recipients,
            "systems": {"shop": System(kind="memory", title=said, collections=collections)},
            "purposes": {**company.purposes, "newsletter": newsletter},
        }
    )


def test_a_record_names_who_gets_data_for_its_purpose_and_where_it_is_stored(world, maria):
    event, company = maria.did(Act.GIVEN), with_recipients(world.company())
    assert [one.name for one in recipients_of(company, "newsletter")] == ["Partner AS", "Mailer AS", "Printer AS"]
    (process,) = record_of(company, event, "0" * 64, None, title="News", language="en", known_as=[])["dpv:hasProcess"]
    controller, *others = process["dpv:hasRecipient"]
    assert controller == f"{company.url}#controller"
    assert [(one["@type"], one["dpv:hasName"], one["dpv:hasLocation"]) for one in others] == [
        ("dpv:ThirdParty", "Partner AS", "loc:SE"),
        ("dpv:DataProcessor", "Mailer AS", "loc:DE"),
        ("dpv:DataProcessor", "Printer AS", "loc:NO"),
    ]
    assert process["dpv:hasStorageCondition"][0] == {"@type": "dpv:StorageLocation", "dpv:hasLocation": ["loc:NO", "loc:DE"]}


@pytest.mark.parametrize(("words", "iso"), [("72 hours", "PT72H"), ("1 day", "P1D"), ("2 weeks", "P2W"), ("18 months", "P18M")])
def test_a_length_of_time_is_told_as_iso_8601_has_it(words, iso):
    assert iso_duration(words) == iso
