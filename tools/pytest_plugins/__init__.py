"""pytest plugins of this repository, loaded by pyproject.toml."""
