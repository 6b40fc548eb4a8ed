"""Parts without a word of the domain: numbers, bytes, hashes, signatures."""
