"""A page of metrics in Prometheus' text format, from figures that are read when somebody asks.

One rule: a name says what it is and ends in its unit; no figure is a secret.
"""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Gauge, generate_latest

Figure = str | tuple[str, tuple[tuple[str, str], ...]]
"""A figure's name; and, where there are several of that name, its labels with their values."""


def metrics_page(figures: Mapping[Figure, float] | Mapping[str, float]) -> bytes:
    """Return the page of some figures by name. Those of one name have the same labels."""
    registry, gauges = CollectorRegistry(), dict[str, Gauge]()
    for figure, value in figures.items():
        name, labels = (figure, ()) if isinstance(figure, str) else figure
        if name not in gauges:
            gauges[name] = Gauge(f"optroll_{name}", name.replace("_", " "), [label for label, _ in labels], registry=registry)
        (gauges[name].labels(**dict(labels)) if labels else gauges[name]).set(value)
    return generate_latest(registry)
