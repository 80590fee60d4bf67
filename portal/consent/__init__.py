"""What people agreed to, refused and took back: notices, an append-only ledger, and what stands now."""
