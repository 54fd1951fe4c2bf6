"""Small real implementations of ports, for tests that want no engine."""
