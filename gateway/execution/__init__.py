"""What surrounds the execution of an operation: its time, its errors, what is kept of its document."""
