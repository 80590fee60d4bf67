"""The address that tells what was pressed behind a link: short enough for every server, whoever asks for however much."""

from portal.accounts import registry
from portal.consent.readers import Reader
from portal.links.told import Press, Told, opened, seal
from portal.people.service import EMAIL, Identifier
from portal.web.context import current_company

MAREN = Reader(Identifier(EMAIL, "maren@example.org"), None, 0)
MOST = 4094
"""Letters of a request line that our server takes, and others take no less."""


def test_of_a_hundred_and_eighty_choices_it_is_still_short_enough_and_opens_for_its_reader_alone(site):
    names = tuple(
        f"purpose_number_{purpose}.{channel}"
        for purpose in range(30)
        for channel in ("email", "sms", "phone", "post", "app", "fax")
    )
    undo = "eyJ" + "".join(f"{number * 7919 % 100000:05d}" for number in range(180))
    told = Told(Press.SAVED, off=names, waits=names[:20], undo=undo)
    with site.app.test_request_context("/", base_url="http://127.0.0.1:8080"):
        site.app.preprocess_request()
        assert current_company().id in registry.ids().values()
        sealed = seal(MAREN, told)
        assert len(f"GET /p/{'t' * 400}/done?told={sealed} HTTP/1.1") < MOST
        assert opened(MAREN, sealed) == told
        assert opened(Reader(Identifier(EMAIL, "kari@example.org"), None, 0), sealed) is None
        assert opened(MAREN, sealed[:-3]) is None
