"""Tests of the house stand on the same site as those of the doors."""

from tests.doors.conftest import both_sites, own_sites, patient, portal_url, site, walked

__all__ = ["both_sites", "own_sites", "patient", "portal_url", "site", "walked"]
