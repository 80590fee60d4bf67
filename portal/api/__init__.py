"""Door 3: the company's own systems. A key with scopes, JSON in and out, no cookie, no address in a URL."""
