"""What every room stands on: time, secrets, rows, words, limits. Knows nothing of privacy and nothing of the web."""
