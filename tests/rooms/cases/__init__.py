"""Tests of cases: no web, real databases, real systems."""
