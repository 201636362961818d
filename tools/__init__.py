"""Development tools: run `python3 -m tools` for the list of commands."""
