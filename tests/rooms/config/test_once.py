"""What is made of a configuration is made once for it, and anew for another."""

from portal.config import load_config
from portal.config.once import once_a_configuration
from tests.rooms.world import COMPANIES


def test_it_is_made_once_for_each_company_and_key_and_anew_for_another_configuration():
    made = []

    @once_a_configuration
    def titled(company, ending=""):
        made.append((company, ending))
        return f"{company.name}{ending}"

    for _again in range(2):
        for company in (one := load_config(COMPANIES).portal.companies).values():
            for ending in ("", ".", ""):
                assert titled(company, ending) == f"{company.name}{ending}"
        assert len(made) == 2 * len(one)
        made.clear()
