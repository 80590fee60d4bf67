"""What a person asked for and what came of it: cases with their clock, their steps and their answer."""
