"""Providers of the outside world that run on this machine, for tests, the demo and benchmarks."""
