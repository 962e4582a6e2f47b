"""What operators see of a process: logs, metrics and traces; never a value that somebody sent."""
