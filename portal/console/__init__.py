"""Door 4: the staff. Signs in by link and passkey, sees what is due, and works it off with the same room functions as every other door."""
