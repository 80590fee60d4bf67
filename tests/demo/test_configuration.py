"""`demo/portal.yaml` and its maps fit one another and the databases that the demo makes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

import demo
from portal.adapters.dataset_map import Dataset
from portal.adapters.fideslang import read_maps
from portal.config import Config, load_config
from portal.config.model import Basis, Company
from portal.config.systems import System

CONFIG: Config = load_config(demo.CONFIG)
COMPANIES = CONFIG.portal.companies
SQL = [(company, key) for company in COMPANIES for key, system in COMPANIES[company].systems.items() if system.kind == "sql"]
STAFF_COLUMNS = {"handled_by", "employee_id", "mechaniker"}


def system_of(company: str, key: str) -> System:
    return COMPANIES[company].systems[key]


def maps_of(system: System) -> tuple[Dataset, ...]:
    files = system.settings["maps"]
    assert isinstance(files, list)
    return read_maps([demo.CONFIG.parent / str(file) for file in files])


def urls_of(system: System, folder: Path) -> Iterator[tuple[str, str]]:
    databases = system.settings["databases"]
    assert isinstance(databases, dict)
    for dataset, secret in databases.items():
        yield dataset, demo.environment(folder)[secret["env"]]


def test_two_companies_with_their_own_hosts_looks_and_languages() -> None:
    fjordkaffe, alpenrad = COMPANIES["fjordkaffe"], COMPANIES["alpenrad"]
    assert fjordkaffe.languages == ["en", "de", "ar"]
    assert alpenrad.languages == ["de", "en"]
    assert not set(fjordkaffe.hosts) & set(alpenrad.hosts)
    assert fjordkaffe.theme != alpenrad.theme
    assert (fjordkaffe.retention_rules["bookkeeping"].years, alpenrad.retention_rules["bookkeeping"].years) == (5, 8)


@pytest.mark.parametrize(("company", "key"), SQL)
def test_every_mapped_table_and_column_is_there(company: str, key: str, folder: Path) -> None:
    system = system_of(company, key)
    datasets = {dataset.key: dataset for dataset in maps_of(system)}
    urls = dict(urls_of(system, folder))
    assert datasets.keys() == urls.keys()
    for name, dataset in datasets.items():
        engine = create_engine(urls[name])
        schema = inspect(engine)
        for collection in dataset.collections:
            columns = {column["name"] for column in schema.get_columns(collection.name)}
            assert {field.name for field in collection.fields} <= columns
            marked = {field.name for field in collection.fields if field.primary_key}
            assert marked == set(schema.get_pk_constraint(collection.name)["constrained_columns"])
        engine.dispose()


@pytest.mark.parametrize(("company", "key"), SQL)
def test_no_column_of_a_mapped_table_is_forgotten_but_those_that_name_staff(company: str, key: str, folder: Path) -> None:
    system = system_of(company, key)
    urls, left_out = dict(urls_of(system, folder)), set[str]()
    for dataset in maps_of(system):
        engine = create_engine(urls[dataset.key])
        for collection in dataset.collections:
            columns = {column["name"] for column in inspect(engine).get_columns(collection.name)}
            left_out |= columns - {field.name for field in collection.fields} - {"product_id", "ship_to_address_id"}
        engine.dispose()
    assert left_out <= STAFF_COLUMNS


@pytest.mark.parametrize(("company", "key"), SQL)
def test_every_mapped_collection_and_field_has_its_note_and_the_other_way_round(company: str, key: str) -> None:
    system = system_of(company, key)
    mapped = {
        f"{dataset.key}.{one.name}": {field.name for field in one.fields}
        for dataset in maps_of(system)
        for one in dataset.collections
    }
    assert {name: set(note.fields) for name, note in system.collections.items()} == mapped


@pytest.mark.parametrize(("company", "key"), SQL)
def test_what_notes_and_proofs_point_at_is_mapped(company: str, key: str) -> None:
    system = system_of(company, key)
    fields = {name: set(note.fields) for name, note in system.collections.items()}
    for name, note in system.collections.items():
        assert {note.obtained, note.owner} - {None} <= fields[name]
    for reference in [*system.proof.values(), *(one for several in system.tells_apart.values() for one in several)]:
        collection, _, field = reference.rpartition(".")
        assert field in fields[collection]


@pytest.mark.parametrize(("company", "key"), SQL)
def test_every_mapped_field_says_what_it_means(company: str, key: str) -> None:
    for dataset in maps_of(system_of(company, key)):
        for collection in dataset.collections:
            assert all(field.categories for field in collection.fields)


@pytest.mark.parametrize("company", COMPANIES.values(), ids=COMPANIES)
def test_every_title_stands_in_every_language(company: Company) -> None:
    for system in company.systems.values():
        for note in system.collections.values():
            assert note.fields
            for title in (note.title, *(field.title for field in note.fields.values())):
                assert set(title) == set(company.languages)
                assert all(text.strip() for text in title.values())


def test_the_arabic_is_arabic() -> None:
    titles = [
        field.title["ar"]
        for system in COMPANIES["fjordkaffe"].systems.values()
        for note in system.collections.values()
        for field in note.fields.values()
    ]
    assert titles
    assert all(any("\u0600" <= letter <= "\u06ff" for letter in title) for title in titles)


@pytest.mark.parametrize("company", COMPANIES)
def test_every_act_of_the_past_is_on_a_choice_that_exists(company: str) -> None:
    purposes = COMPANIES[company].purposes
    acts = list(demo.consent_history(company))
    assert all(act.channel in purposes[act.purpose].channels for act in acts)
    assert all(purposes[act.purpose].basis is Basis.CONSENT for act in acts)
    assert {act.language for act in acts} <= set(COMPANIES[company].languages)
