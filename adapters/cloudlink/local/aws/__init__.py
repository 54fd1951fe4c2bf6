"""AWS: what is in an account, what is wrong with it, and what may be changed of it."""
