"""Erasure, from choice to result: what would go is shown, confirmed once, can be taken back, is done system by system and proven."""
