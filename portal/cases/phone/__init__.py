"""What staff do for somebody who is on the telephone, after that person has said yes on their own page."""
