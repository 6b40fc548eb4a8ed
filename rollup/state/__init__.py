"""The state: flat sections of fixed-width rows, and the hosts that hold them."""
