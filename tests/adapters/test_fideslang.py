"""The reader of dataset maps: takes every key of Fideslang, and names line and remedy of every mistake."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from portal.adapters.dataset_map import Dataset, Direction
from portal.adapters.fideslang import read_maps
from portal.core.documents import DocumentError

EVERY_KEY = """\
dataset:
  - fides_key: shop<1>.main-2_x
    name: Shop
    description: Everything
    organization_fides_key: default_organization
    tags: [one, two]
    meta: {anything: [goes, 1]}
    data_categories: [user]
    data_uses: [essential]
    data_purposes: [essential]
    data_subjects: [customer]
    fides_meta:
      resource_id: shop.main
      after: [crm]
      namespace: {database_name: shop, schema: public}
      redact: name
    collections:
      - name: customer
        description: People
        data_categories: [user.account]
        data_uses: null
        fides_meta:
          after: [crm.contact]
          erase_after: [crm.contact]
          skip_processing: false
          masking_strategy_override: {strategy: delete}
          partitioning: {where_clauses: ["`created` > 1"]}
          redact: name
        fields:
          - name: id
            data_categories: [system.operations]
            fides_meta: {primary_key: true, data_type: integer}
          - name: region
            fidesops_meta: {primary_key: true}
          - name: email
            description: Where we write to
            data_categories: [user.contact.email, user.contact.email.private]
            data_uses: [marketing.advertising]
            fidesops_meta:
              identity: email
              data_type: string
              length: 40
              read_only: true
              custom_request_field: address
              redact: name
              masking_strategy_override:
                strategy: string_rewrite
                configuration: {rewrite_value: gone, format_preservation: {suffix: "@x.invalid"}}
              references:
                - {dataset: crm, field: contact.profile.mail, direction: to}
                - {dataset: crm, field: contact.id, direction: from}
                - {dataset: crm, field: contact.id}
          - name: tags
            fides_meta: {data_type: "string[]", return_all_elements: true}
          - name: settings
            fides_meta: {data_type: object}
            fields:
              - name: colours
                fides_meta: {data_type: "object[]"}
                fields: [{name: first, data_categories: [user.account.settings]}]
  - fides_key: crm
    collections:
      - name: contact
        fields:
          - name: id
            fides_meta: {data_type: object_id, masking_strategy_override: {strategy: null_rewrite}}
          - {name: profile, fields: [{name: mail}]}
"""


def read(tmp_path: Path, text: str) -> tuple[Dataset, ...]:
    file = tmp_path / "map.yml"
    file.write_text(dedent(text))
    return read_maps([file])


def one_field(meta: str) -> str:
    return f"dataset: [{{fides_key: d, collections: [{{name: c, fields: [{{name: f, fides_meta: {{{meta}}}}}]}}]}}]"


def test_every_key_of_fideslang_is_read(tmp_path: Path) -> None:
    shop, crm = read(tmp_path, EVERY_KEY)
    assert (shop.key, shop.after, shop.namespace["schema"], shop.redact) == ("shop<1>.main-2_x", ("crm",), "public", True)
    customer = shop.collections[0]
    assert customer.delete_rows
    assert customer.after == customer.erase_after == ("crm.contact",)
    assert [one.name for one in customer.fields if one.primary_key] == ["id", "region"]
    email = customer.field_at(("email",))
    assert email is not None
    assert (email.identity, email.length, email.read_only, email.custom_request_field, email.redact) == (
        "email",
        40,
        True,
        "address",
        True,
    )
    assert email.masking is not None
    assert email.masking.configuration["rewrite_value"] == "gone"
    assert [(each.collection_key, each.path, each.direction) for each in email.references] == [
        ("crm.contact", ("profile", "mail"), Direction.TO),
        ("crm.contact", ("id",), Direction.FROM),
        ("crm.contact", ("id",), Direction.BOTH),
    ]
    tags = customer.field_at(("tags",))
    assert tags is not None
    assert (tags.data_type, tags.is_array, tags.return_all_elements) == ("string", True, True)
    assert customer.field_at(("settings", "colours", "first")) is not None
    assert crm.collections[0].field_at(("profile", "mail")) is not None


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    shop, _ = read(tmp_path, EVERY_KEY)
    email = shop.collections[0].field_at(("email",))
    assert email is not None
    assert EVERY_KEY.splitlines()[email.line - 1].strip() == "- name: email"
    assert (
        EVERY_KEY.splitlines()[email.references[1].line - 1]
        .strip()
        .startswith("- {dataset: crm, field: contact.id, direction: from")
    )


MISTAKES = {
    "unknown top key": ("datasets: []", "datasets", "Did you mean `dataset`"),
    "no dataset": ("{}", "", "Add `dataset:`"),
    "unknown dataset key": ("dataset: [{fides_key: d, colections: []}]", "colections", "Did you mean `collections`"),
    "unknown collection key": (
        "dataset: [{fides_key: d, collections: [{name: c, fieds: []}]}]",
        "fieds",
        "Did you mean `fields`",
    ),
    "unknown meta key": (one_field("identiy: email"), "identiy", "Did you mean `identity`"),
    "bad fides_key": ("dataset: [{fides_key: a b, collections: []}]", "fides_key", "letters, digits"),
    "number as name": ("dataset: [{fides_key: d, collections: [{name: 5, fields: []}]}]", "name", "in quotes"),
    "word as flag": (one_field("primary_key: 'yes'"), "primary_key", "`true` or `false`"),
    "unknown type": (one_field("data_type: varchar"), "data_type", "string, integer"),
    "type of a parent": (
        "dataset: [{fides_key: d, collections: [{name: c, fields: [{name: f, fides_meta: {data_type: string}, fields: [{name: g}]}]}]}]",
        "data_type",
        "`object`",
    ),
    "all elements of no array": (one_field("data_type: string, return_all_elements: true"), "return_all_elements", "`[]`"),
    "length of nothing": (one_field("length: 0"), "length", "number of characters"),
    "unknown direction": (one_field("references: [{dataset: d, field: c.f, direction: up}]"), "direction", "from, to"),
    "reference without field": (one_field("references: [{dataset: d, field: c}]"), "field", "`collection.field`"),
    "reference to itself": (one_field("references: [{dataset: d, field: c.f}]"), "d.c.f", "other field"),
    "reference to no dataset": (one_field("references: [{dataset: e, field: c.f}]"), "d.c.f", "Name one that is there: d"),
    "reference to no collection": (one_field("references: [{dataset: d, field: cc.f}]"), "d.c.f", "Did you mean `c`"),
    "reference to no field": (one_field("references: [{dataset: d, field: c.ff}]"), "d.c.f", "Did you mean `f`"),
    "unknown strategy": (
        one_field("masking_strategy_override: {strategy: null_rewite}"),
        "strategy",
        "Did you mean `null_rewrite`",
    ),
    "rewrite without value": (one_field("masking_strategy_override: {strategy: string_rewrite}"), "override", "rewrite_value"),
    "unknown strategy setting": (
        one_field("masking_strategy_override: {strategy: hash, configuration: {algoritm: SHA-256}}"),
        "algoritm",
        "Did you mean `algorithm`",
    ),
    "unknown category root": (
        "dataset: [{fides_key: d, data_categories: [person.name], collections: []}]",
        "data_categories.0",
        "Fideslang taxonomy",
    ),
    "misspelt category": (
        "dataset: [{fides_key: d, data_categories: [user.contact.emial], collections: []}]",
        "0",
        "`user.contact.email`",
    ),
    "two collections": (
        "dataset: [{fides_key: d, collections: [{name: c, fields: []}, {name: c, fields: []}]}]",
        "1.name",
        "rename",
    ),
    "two fields": ("dataset: [{fides_key: d, collections: [{name: c, fields: [{name: f}, {name: f}]}]}]", "1.name", "rename"),
    "two datasets": ("dataset: [{fides_key: d, collections: []}, {fides_key: d, collections: []}]", "d", "of its own"),
    "after itself": (
        "dataset: [{fides_key: d, collections: [{name: c, fields: [], fides_meta: {after: [d.c]}}]}]",
        "after",
        "Remove it",
    ),
    "after nothing": (
        "dataset: [{fides_key: d, collections: [{name: c, fields: [], fides_meta: {after: [d.x]}}]}]",
        "d.c",
        "`d.c`",
    ),
    "after of three parts": (
        "dataset: [{fides_key: d, collections: [{name: c, fields: [], fides_meta: {erase_after: [d.c.f]}}]}]",
        "erase_after",
        "`dataset.collection`",
    ),
    "delete is the only one": (
        "dataset: [{fides_key: d, collections: [{name: c, fields: [], fides_meta: {masking_strategy_override: {strategy: hmac}}}]}]",
        "strategy",
        "delete",
    ),
    "redact something else": (
        "dataset: [{fides_key: d, collections: [], fides_meta: {redact: names}}]",
        "redact",
        "Did you mean `name`",
    ),
    "unknown namespace": ("dataset: [{fides_key: d, collections: [], fides_meta: {namespace: {shema: p}}}]", "shema", "`schema`"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_key_and_remedy(name: str, tmp_path: Path) -> None:
    text, key, remedy = MISTAKES[name]
    with pytest.raises(DocumentError) as caught:
        read(tmp_path, text)
    assert key in caught.value.key
    assert remedy in caught.value.remedy
    assert re.match(rf"{re.escape(str(tmp_path / 'map.yml'))}:1: ", str(caught.value))


def test_a_mistake_deep_in_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    lines = EVERY_KEY.replace("read_only: true", "readonly: true")
    with pytest.raises(DocumentError) as caught:
        read(tmp_path, lines)
    assert lines.splitlines()[caught.value.line - 1].strip() == "readonly: true"
    assert "Did you mean `read_only`?" in str(caught.value)


def test_a_category_of_the_companys_own_is_taken_below_a_known_one_or_once_declared(tmp_path: Path) -> None:
    assert read(tmp_path, "dataset: [{fides_key: d, data_categories: [user.loyalty.tier], collections: []}]")
    declared = "data_category: [{fides_key: member}]\ndataset: [{fides_key: d, data_categories: [member.level], collections: []}]"
    assert read(tmp_path, declared)


def test_a_map_that_a_tool_wrote_out_with_all_its_empty_keys_is_read(tmp_path: Path) -> None:
    (only,) = read(
        tmp_path,
        """\
        dataset:
          - fides_key: d
            organization_fides_key: default_organization
            tags: null
            meta: null
            data_categories: null
            fides_meta: {resource_id: d.p.d, after: null, namespace: {dataset_id: d, project_id: p}}
            collections:
              - name: users
                description: null
                data_categories: null
                fields:
                  - name: id
                    description: null
                    data_categories: [user.contact]
                    fides_meta: {references: null, identity: some_user_id, primary_key: null, data_type: integer, length: null,
                                 return_all_elements: null, read_only: null, custom_request_field: null}
                    fields: null
                fides_meta: {after: null, erase_after: null, skip_processing: false, masking_strategy_override: null, partitioning: null}
        """,
    )
    assert only.collections[0].fields[0].identity == "some_user_id"


def test_maps_of_several_files_reference_one_another(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(one_field("references: [{dataset: e, field: c.f}]"))
    (tmp_path / "b.yml").write_text("dataset: [{fides_key: e, collections: [{name: c, fields: [{name: f}]}]}]")
    first, _ = read_maps([tmp_path / "a.yml", tmp_path / "b.yml"])
    assert first.collections[0].fields[0].references[0].collection_key == "e.c"


def test_D6_a_map_that_is_a_bomb_or_code_is_refused(tmp_path: Path) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(8)
    )
    for text in (bomb, "dataset: !!python/object/apply:os.system [exit]", "dataset: " + "[" * 3000 + "]" * 3000):
        with pytest.raises(DocumentError):
            read(tmp_path, text)
