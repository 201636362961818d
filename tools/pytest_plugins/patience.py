"""A slow or busy machine is no failure: hypothesis judges what comes out, not how long it took."""

from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
