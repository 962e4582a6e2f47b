"""Deletes each guard of the services in turn, and shows that a test turns red: `make guards`."""
