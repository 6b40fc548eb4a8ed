"""What every call of L1's contracts costs: measured on the real contracts, under the mock's gas schedule."""
