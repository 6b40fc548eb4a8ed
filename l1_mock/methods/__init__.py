"""The methods of the L1's JSON-RPC, a family a file. Each file ends in a table from method names to functions."""
