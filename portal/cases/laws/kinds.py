"""A law as it holds for one kind of case: opt-outs, appeals and complaints have dates of their own.

Must never give a kind a longer date than the law's own for it.
"""

from portal.cases.laws.model import Deadline, Extension, Law, Right

APPEAL = "appeal"
OPT_OUTS = frozenset(
    {Right.OPT_OUT_OF_SALE, Right.OPT_OUT_OF_TARGETED_ADS, Right.OPT_OUT_OF_PROFILING, Right.LIMIT_SENSITIVE, Right.WITHDRAWAL}
)


def as_for(law: Law, kind: str) -> Law:
    """The law with the date to answer that it sets for cases of this kind; the same law where it sets no other."""
    if kind == APPEAL and law.appeal is not None:
        appeal = law.appeal
        figure = {"article": appeal.article, "seen": appeal.seen}
        longer = Extension(by=appeal.extend, reasons="reasonably necessary", **figure) if appeal.extend else None
        return law.model_copy(update={"respond": Deadline(period=appeal.decide, **figure), "extend": longer, "acknowledge": None})
    if kind in OPT_OUTS and law.opt_out is not None:
        return law.model_copy(update={"respond": law.opt_out, "extend": None, "acknowledge": None})
    if kind == Right.COMPLAINT and law.complaint is not None:
        said = law.complaint
        figure = {"article": said.article, "seen": said.seen}
        answer = Deadline(without_delay=True, target=said.target, **figure)
        receipt = Deadline(period=said.acknowledge, **figure) if said.acknowledge else None
        return law.model_copy(update={"respond": answer, "extend": None, "acknowledge": receipt})
    return law
