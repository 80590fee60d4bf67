"""The grounds of a refusal in plain words: what the reason protects or demands, never an article in its place.

Must never blame who asked, nor say more of the case than its ground.
"""

from portal.cases.laws.model import Ground
from portal.core.i18n import N_, _

_WORDS = {
    Ground.CANNOT_IDENTIFY: N_("We cannot tell which data is yours, so we might show or change data of somebody else."),
    Ground.UNFOUNDED: N_("What was asked has plainly no basis. That is for us to show."),
    Ground.EXCESSIVE: N_("It was asked again and again, far more often than needed. That is for us to show."),
    Ground.NOT_OWED: N_("The law gives this right in certain cases only, and none of them is there."),
    Ground.EXPRESSION: N_("The data is needed for free speech and information."),
    Ground.LEGAL_DUTY: N_("A law makes us keep this data."),
    Ground.PUBLIC_HEALTH: N_("The data is needed to protect the health of all."),
    Ground.RESEARCH: N_("The data is needed for research, statistics or an archive in the public interest."),
    Ground.LEGAL_CLAIMS: N_("The data is needed for a claim in court."),
    Ground.COMPELLING_GROUNDS: N_("We have reasons to go on that weigh more than yours in this case."),
    Ground.OTHERS_RIGHTS: N_("It would show data of other people, or secrets that the law protects."),
    Ground.IS_RIGHT: N_("By all that we have seen, the data is right as it stands."),
    Ground.IMPOSSIBLE: N_("It cannot be done, or only with an effort out of all proportion."),
    Ground.NEEDED_FOR_CONTRACT: N_("The data is needed for what you bought from us, or for its warranty."),
    Ground.SECURITY: N_("The data is needed to keep our systems safe and to mend faults."),
    Ground.INTERNAL_USE: N_("The data is used only inside the company, as you can expect."),
    Ground.CONFLICTS_WITH_LAW: N_("Another law forbids us to give it out."),
    Ground.FRAUD: N_("We have reason to think that it was not you who asked."),
}


def ground_words(ground: Ground) -> str:
    """Why, in the language in force."""
    return _(_WORDS[ground])
