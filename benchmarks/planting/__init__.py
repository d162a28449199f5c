"""Right and wrong programs for plane elasticity, to measure verification with."""
