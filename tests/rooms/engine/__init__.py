"""Tests of the engine: steps are done once, in turn, and none is lost."""
