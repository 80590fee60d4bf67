"""After a backup was restored: what it brought back goes again, what it took back holds again."""
