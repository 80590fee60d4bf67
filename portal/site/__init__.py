"""Door 1: the customer. People open it from a link in an e-mail, prove who they are, see what is held and take it home."""
