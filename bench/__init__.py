"""Measurements: workloads, throughput and latency, disputes, and comparisons with others."""
