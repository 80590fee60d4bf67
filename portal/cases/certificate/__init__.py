"""The certificate of an erasure: signed for machines, set on paper for people. Neither says whose it was."""
