"""The simulated world: nodes' own code on virtual time, a seeded network and disks that fail as told."""
