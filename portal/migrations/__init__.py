"""Every change of the tables, in order. Must never be edited once released."""
