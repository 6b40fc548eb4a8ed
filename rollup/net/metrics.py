"""A page of metrics in Prometheus' text format, from figures that are read when somebody asks.

One rule: a name says what it is and ends in its unit; no figure is a secret.
"""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Gauge, generate_latest


def metrics_page(figures: Mapping[str, float]) -> bytes:
    """Return the page of some figures by name."""
    registry = CollectorRegistry()
    for name, value in figures.items():
        Gauge(f"optroll_{name}", name.replace("_", " "), registry=registry).set(value)
    return generate_latest(registry)
