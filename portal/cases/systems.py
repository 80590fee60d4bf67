"""A company's systems, as cases reach them. The code stands with the adapters, since choices go to the systems too."""

from portal.adapters.opening import close_systems, open_system, place_of

__all__ = ["close_systems", "open_system", "place_of"]
