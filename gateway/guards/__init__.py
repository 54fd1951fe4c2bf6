"""What a request must pass before an operation of it is looked at, each by a setting."""
