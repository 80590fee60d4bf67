"""Proving who someone is: links, codes, sessions as rows, rules of proof."""
