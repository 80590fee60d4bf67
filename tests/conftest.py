"""What holds for every test. Must never make one depend on how fast the machine is."""

import os

from hypothesis import settings

# With CI=true the same examples each time: what fails there fails here.
settings.register_profile("portal", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("portal")
