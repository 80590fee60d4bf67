"""How the portal reaches a company's own systems. Adapters know one system each; they never see the app, a session or a case."""
