"""A checked receipt in the words of its page. Must never take a word of it that its signature does not cover."""

from typing import Any

from portal.consent import told
from portal.consent.receipts import read_receipt
from portal.core.i18n import format_list
from portal.core.signatures import key_set
from portal.site import history_words
from portal.web.context import current_company

LAST_NUMBER = 2**31 - 1
"""No chain is longer; what is above was never the number of an act."""


def read(pasted: str) -> dict[str, Any]:
    """What the receipt says, if this company signed it. A mail may have broken its line. Raises `SignatureRefused`, `ReceiptIsWrong`."""
    receipt = read_receipt("".join(pasted.split()), key_set(current_company().key))
    named = (receipt.topic,) if receipt.topic else receipt.topics or ()
    return {
        "company": receipt.company,
        "number": receipt.number,
        "title": receipt.purpose_title,
        "channel": history_words.channel_of(receipt.purpose, receipt.channel),
        "act": told.plain_act(receipt.act),
        "sign": history_words.SIGNS.get(receipt.act, "unset"),
        "at": receipt.at,
        "learnt_at": receipt.received_at if receipt.received_at != receipt.at else None,
        "place": told.place_of(receipt.collection_point),
        "actor": told.actor_of(receipt.actor),
        "topics": format_list([history_words.topic_of(receipt.purpose, key) for key in named]) if named else "",
        "notice": receipt.notice,
        "language": receipt.language,
        "digest": receipt.digest.hex(),
    }
