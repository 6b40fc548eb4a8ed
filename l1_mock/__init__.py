"""A mock of the settlement layer: Ethereum's blocks, fees, logs and JSON-RPC around contracts written in Python."""
