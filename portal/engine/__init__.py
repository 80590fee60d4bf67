"""Steps: one call to one system each, claimed, fenced, tried, received. Nothing is done twice unawares or lost in silence."""
