"""Choices as every door with a page of them asks: one form, and the words of each choice."""
