"""The demo's site in a process of its own, in which Maren deletes her data, or cancels that; told to die, it does at the last press.

Usage: python -m tests.faults.web_of_erasures FOLDER confirm|cancel FAULT [DATABASE_URL]
"""

import os
import sys
from pathlib import Path

from tests.doors.site import open_site
from tests.doors.test_erase import plan_of

folder, act, fault, *url = sys.argv[1:]
browser = plan_of(open_site(Path(folder), *url))
if act == "cancel":
    browser.submit("Delete my data", understood="y")
os.environ["PORTAL_TEST_FAULT"] = fault
if act == "cancel":
    browser.submit("Cancel the deletion")
else:
    browser.submit("Delete my data", understood="y")
if fault.endswith("=stop"):
    # Its database died under that page. The next one may have to say so, too; then the process goes on as before.
    browser.open("/requests")
    browser.open("/requests")
    assert browser.status == 200
