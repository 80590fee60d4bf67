"""The demo's coffee shop for measurements: all of it, or eleven of its related tables and nothing else.

The narrow one is the demo's own configuration and map with the other tables taken out, so that what is measured is the product as it stands.
"""

import os
import shutil
from pathlib import Path
from typing import Any

import yaml

import demo
from portal.commands.demo import FIRST
from portal.settings import read_settings
from portal.starting import Running, start
from scripts.demo_app import start_demo

DATASET = "fjordkaffe_shop"
ELEVEN = (
    "customers", "customer_addresses", "addresses", "orders", "order_lines", "deliveries", "payments", "invoices",
    "support_tickets", "ticket_messages", "reviews",
)  # fmt: skip
"""Eleven tables, ten references between them, three steps deep, one of them shared between customers and one with an owner."""


def open_shop(folder: Path, tables: tuple[str, ...] = ()) -> Running:
    """The demo in `folder`, made if need be; with `tables` the first company has only these of its shop, and nothing of the other."""
    running = start_demo(folder, seeded=False)
    if not tables:
        return running
    running.database.close()
    os.environ["PORTAL_CONFIG"] = str(_narrowed(folder / "narrow", tables))
    return start(read_settings(os.environ))


def _narrowed(folder: Path, tables: tuple[str, ...]) -> Path:
    (folder / "maps").mkdir(parents=True, exist_ok=True)
    shutil.copytree(demo.CONFIG.parent / "logos", folder / "logos", dirs_exist_ok=True)
    map_name = f"maps/{DATASET}.yml"
    mapped: dict[str, Any] = yaml.safe_load((demo.CONFIG.parent / map_name).read_text(encoding="utf-8"))
    dataset = mapped["dataset"][0]
    dataset["collections"] = [one for one in dataset["collections"] if one["name"] in tables]
    assert len(dataset["collections"]) == len(tables), "a table is not in the demo's map any more"
    (folder / map_name).write_text(yaml.safe_dump(mapped, sort_keys=False), encoding="utf-8")

    plain: dict[str, Any] = yaml.safe_load(demo.CONFIG.read_text(encoding="utf-8"))
    company = plain["companies"][FIRST]
    shop = company["systems"]["shop"]
    wanted = {f"{DATASET}.{name}" for name in tables}
    shop["collections"] = {name: note for name, note in shop["collections"].items() if name in wanted}
    shop["losses"] = {key: loss for key, loss in shop.get("losses", {}).items() if loss["collection"] in wanted}
    for part in ("consent", "sent"):
        if shop["settings"].get(part, {}).get("collection") not in wanted:
            shop["settings"].pop(part, None)
    company["systems"] = {"shop": shop}
    file = folder / "portal.yaml"
    file.write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return file
