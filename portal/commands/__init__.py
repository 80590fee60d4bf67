"""What `portal` can be told at the command line, one file a family of commands. Output never holds personal data."""
