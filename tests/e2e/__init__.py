"""What the end-to-end tests start: an SMTP sink, processes to kill, the work they do."""
