"""Processes stopped and killed at named points: nothing is lost, nothing that cannot be undone happens twice unnoticed."""
