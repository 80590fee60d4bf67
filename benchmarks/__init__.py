"""Measurements, run by hand: `python -m benchmarks.<name>`. Each prints ratios against a ceiling measured in the same run; none is a test."""
