"""Requests for somebody else: by an agent, a parent or guardian, with a power of attorney, for somebody who has died."""
