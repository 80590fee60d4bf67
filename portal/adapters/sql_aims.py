"""What an erasure may do in each table, from maps, notes and live schema alone: the static half of a plan.

Must never let a map through that would mask a key, a column that may not be empty or a join, or that leaves a personal field untouched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.adapters.contract import Wanted
from portal.adapters.fates import Aim, Held, aim_at, is_about_a_person
from portal.adapters.sql_graph import Graph
from portal.adapters.sql_links import Link, all_links
from portal.adapters.sql_masks import Mask, make_mask
from portal.adapters.sql_queries import Layout, make_layout
from portal.adapters.sql_tables import Shown, SqlTable
from portal.config.model import RetentionRule
from portal.config.systems import Loss


@dataclass(frozen=True, slots=True)
class TableAim:
    """A table as an erasure sees it. `fixed` are columns that must stay as they are: keys, joins, what others hang on.

    `deletes`: its rows may go; a map that says how single fields are masked wants the rows to stay.
    """

    table: SqlTable
    layout: Layout
    held: tuple[Held, ...]
    columns: Mapping[str, Shown]
    masks: Mapping[str, Mask]
    fixed: frozenset[str]
    deletes: bool


@dataclass(frozen=True, slots=True)
class Erasable:
    """All tables of a system as an erasure sees them. `links` per table what may hang on its rows.

    `problems` stop every erasure in the system; `warnings` say what an erasure would not reach, or what may stop it.
    """

    aims: Mapping[str, TableAim]
    links: Mapping[str, tuple[Link, ...]]
    layouts: Mapping[str, Layout]
    rules: Mapping[str, RetentionRule]
    losses: Mapping[str, Loss]
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def aims_at(self, wanted: Wanted) -> dict[str, Aim]:
        """Per table what is wanted of it."""
        found = {key: aim_at(key, one.held, wanted) for key, one in self.aims.items()}
        return {key: aim for key, aim in found.items() if aim is not None}

    def children_first(self, keys: Sequence[str]) -> list[str]:
        """The tables in an order in which a row goes before what it hangs on, and after what `erase_after` names."""
        before: dict[str, set[str]] = {key: set() for key in keys}
        for key in keys:
            before[key] |= {link.child for link in self.links.get(key, ()) if link.child in before and link.child != key}
            before[key] |= {other for other in self.aims[key].table.map.erase_after if other in before}
        done: dict[str, None] = {}
        while len(done) < len(before):
            ready = [key for key in before if key not in done and before[key] <= done.keys()]
            # In a circle no order is right; the database says what it makes of it, all or nothing.
            done.update(dict.fromkeys(ready or [next(key for key in before if key not in done)]))
        return list(done)


def make_erasable(
    graph: Graph,
    live_links: Sequence[Link],
    triggers: Mapping[str, Sequence[str]],
    dialects: Mapping[str, str],
    rules: Mapping[str, RetentionRule],
    losses: Mapping[str, Loss],
) -> Erasable:
    """Everything that can be said before anyone's rows are looked at."""
    links = all_links(graph, live_links)
    joined: dict[str, set[str]] = {key: set(graph.key_of(key)) for key in graph.tables}
    for parent, some in links.items():
        for link in some:
            joined[parent].update(link.parent_columns)
            if link.child:
                joined[link.child].update(link.columns)
    for edge in graph.edges():
        joined[edge.source].add(edge.source_column)
        joined[edge.target].add(edge.target_column)
    aims: dict[str, TableAim] = {}
    problems: list[str] = []
    warnings: list[str] = []
    for key, table in graph.tables.items():
        masks = {
            shown.column: make_mask(table, graph.live[key], shown.column)
            for shown in table.shown
            if shown.column in graph.live[key].columns
        }
        aims[key] = _table_aim(graph, table, masks, frozenset(joined[key]), dialects[table.dataset], losses)
        problems += _problems(aims[key], rules)
        warnings += [
            f"{table.where()}: The table `{link.name}` hangs on this one by a foreign key and is not mapped: what it holds of a person "
            "would stay. Map it, if only with `system.*` categories."
            for link in links.get(key, ())
            if not link.child and table.note
        ]
        if table.note and triggers.get(key):
            warnings.append(
                f"{table.where()}: The trigger `{triggers[key][0]}` runs when a row here is deleted or changed. Where it changes other "
                "rows, an erasure is stopped and nothing is written. Let it do nothing for the portal's own role."
            )
    layouts = {key: one.layout for key, one in aims.items()}
    return Erasable(aims, links, layouts, rules, losses, tuple(problems), tuple(warnings))


def _table_aim(
    graph: Graph, table: SqlTable, masks: Mapping[str, Mask], fixed: frozenset[str], dialect: str, losses: Mapping[str, Loss]
) -> TableAim:
    note = table.note
    shown = {one.name: one for one in table.shown if one.column in masks}
    held = tuple(Held(one.name, one.forbidden or one.category, one.retention) for one in shown.values())
    personal = {shown[one.name].column for one in held if is_about_a_person(one)}
    overridden = any(each.masking for each in table.map.fields)
    nested = {one.column for one in shown.values() if one.path}
    also = [*sorted(fixed), *sorted(personal & {name for name, mask in masks.items() if mask.needs_value or name in nested})]
    also += [name for loss in losses.values() if loss.collection == table.key for name in loss.when]
    if note and note.obtained:
        also.append(note.obtained)
    layout = make_layout(graph, table.key, full=False, dialect=dialect, also=also, also_held=sorted(personal))
    return TableAim(table, layout, held, shown, masks, fixed, table.map.delete_rows or not overridden)


def _problems(aim: TableAim, rules: Mapping[str, RetentionRule]) -> list[str]:
    table = aim.table
    found = []
    for one in aim.held:
        shown = aim.columns[one.name]
        if not is_about_a_person(one):
            continue
        mask = aim.masks[shown.column]
        mapped = table.map.field_at((shown.column,))
        kept = bool((rule := rules.get(one.retention)) and rule.ground)
        where = table.where(shown.name)
        if mapped and mapped.masking and shown.column in aim.fixed and not table.map.delete_rows:
            found.append(
                f"{where}: The column is a key or joins tables, so it cannot be masked. Take its `masking_strategy_override` out, "
                "or give the collection the strategy `delete`."
            )
        elif mapped and mapped.read_only and not kept and not table.map.delete_rows:
            found.append(
                f"{where}: The field is `read_only`, so an erasure would leave it. Give the collection the strategy `delete`, "
                "or the field a `retention` whose rule has a ground."
            )
        elif mask.problem and not kept and not (aim.deletes and mask.rule is None) and not table.map.delete_rows:
            found.append(f"{where}: {mask.problem} {mask.remedy}")
    return found
