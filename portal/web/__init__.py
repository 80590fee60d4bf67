"""Flask plumbing that all doors share: company by host, guards, transactions, cookies, headers, language, looks, error pages."""
