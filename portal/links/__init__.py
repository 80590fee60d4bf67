"""Door 2: links in mails, one-click unsubscribe, opting out by typing an address. No cookie, no sign-in, no script needed."""
