"""Where programs run: limits, jobs, outcomes, and the sandboxes that hold them."""
