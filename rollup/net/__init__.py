"""Frames and JSON-RPC: sans-I/O codecs, and their trio adapters for real sockets."""
