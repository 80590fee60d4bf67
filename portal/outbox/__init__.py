"""Mails: rows written where something happens, sent after its commit, gone from the row once they are out."""
