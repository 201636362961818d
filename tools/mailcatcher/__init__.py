"""A mail server that delivers nothing: it keeps the messages and shows them on a page."""
