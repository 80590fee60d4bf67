"""Every page that a customer may see, filled with examples, so that staff can look at all of them before a customer does.

Must never hold anything of a person: values are plainly made up, and nothing of it comes from a system.
"""
