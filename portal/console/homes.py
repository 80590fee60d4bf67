"""Where a member of staff begins: the queue, or, for who works on no cases, their own sign-in."""

from portal.accounts.staff import Staff


def home_of(staff: Staff) -> str:
    """The endpoint of their first page."""
    return "staff_queue.show" if staff.may("cases.read") else "staff_own.show"
