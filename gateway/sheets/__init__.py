"""Tables that people send: CSV and XLSX as offices save them, read in a confined process."""
