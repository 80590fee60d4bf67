"""Tasks to whoever looks after a system that no program can ask: mailed with a link, answered on its page, reminded of, listed for staff."""
