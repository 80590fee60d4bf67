"""Who is staff and what they may do: given by an operator or from above, never by oneself, and never back by a restored backup."""

import pytest
from sqlalchemy.orm import Session

from portal.accounts import staff
from portal.accounts.staff import (
    AboveOwnRole,
    NoSuchStaff,
    OwnRoles,
    Staff,
    StaffExists,
    UnknownRole,
    add_staff,
    remove_staff,
    restore_staff,
    set_roles,
    staff_at,
    staff_of,
)
from portal.core import clock, crypto
from tests.rooms.at_once import before
from tests.rooms.world import World


def hire(world: World, name: str, *roles: str, company: int | None = None) -> Staff:
    with world.writing(company) as db:
        return add_staff(db, address=f"{name}@example.org", name=name, roles=roles, by="operator:test")


def test_staff_are_found_by_address_under_every_key_and_only_in_their_company(world: World, keys: crypto.KeyRing) -> None:
    one = hire(world, "ida", "agent")
    crypto.use_keys(keys.with_new_key("hash"))
    with world.reading() as db:
        assert staff_at(db, "ida@example.org") == one
    with world.writing(world.second) as db:
        assert staff_at(db, "ida@example.org") is None
        with pytest.raises(NoSuchStaff):
            remove_staff(db, one.public_id, by="operator:test")
    with pytest.raises(StaffExists):
        hire(world, "ida", "agent")
    with pytest.raises(UnknownRole):
        hire(world, "olav", "emperor")
    assert b"ida@example.org" not in world.everything_stored()


def test_K3_two_presses_at_once_add_one_colleague_who_is_gone_once_removed(world: World) -> None:
    def adds(db: Session) -> None:
        add_staff(db, address="ida@example.org", name="Ida", roles=["agent"], by="operator:test")

    def adds_too(db: Session) -> None:
        with pytest.raises(StaffExists):
            adds(db)

    with before(world, adds) as beside:
        added = beside(adds_too)
    added.result()
    with world.writing() as db:
        (ida,) = staff_of(db)
        remove_staff(db, ida.public_id, by="operator:test")
        assert staff_at(db, "ida@example.org") is None


def test_K6_nobody_changes_their_own_roles_or_grants_above_their_own(world: World) -> None:
    admin, officer, agent = hire(world, "a", "admin"), hire(world, "o", "privacy_officer"), hire(world, "b", "agent")
    with world.writing() as db:
        for itself in (admin, officer, agent):
            with pytest.raises(OwnRoles):
                set_roles(db, itself.public_id, ["admin"], by=itself.actor, granter=itself)
            with pytest.raises(OwnRoles):
                remove_staff(db, itself.public_id, by=itself.actor, granter=itself)
        with pytest.raises(AboveOwnRole):
            set_roles(db, agent.public_id, ["admin"], by=officer.actor, granter=officer)
        with pytest.raises(AboveOwnRole):
            set_roles(db, admin.public_id, ["agent"], by=officer.actor, granter=officer)
        with pytest.raises(AboveOwnRole):
            remove_staff(db, officer.public_id, by=agent.actor, granter=agent)
        raised = set_roles(db, agent.public_id, ["approver"], by=admin.actor, granter=admin)
        assert raised.may("cases.release") and not agent.may("cases.release")
    acts = world.rows("SELECT act FROM audit_entry ORDER BY id")
    assert [row[0] for row in acts] == ["staff.added"] * 3 + ["staff.roles"]


def test_a_restored_backup_gives_nobody_back_what_was_taken(world: World) -> None:
    one = hire(world, "ida", "agent", "approver")
    with world.writing() as db:
        assert not restore_staff(db, one.public_id, ["agent", "approver", "admin"], at=clock.now())
        assert restore_staff(db, one.public_id, ["agent", "admin"], at=clock.now())
        found = staff_at(db, "ida@example.org")
        assert found is not None and found.roles == {"agent"}
        assert restore_staff(db, one.public_id, [], at=clock.now())
        assert staff_at(db, "ida@example.org") is None
        assert not restore_staff(db, one.public_id, [], at=clock.now())
        assert staff.names_of(db) == {one.actor: "ida"}
