"""Companies, and what was done by whom: the ground that every other row stands on."""
