"""Commands of the terminal: what each one takes, and the work that it has services do."""
