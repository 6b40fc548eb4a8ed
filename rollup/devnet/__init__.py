"""The devnet: topology, launcher, faults and drills; the simulated world that drills run in."""
