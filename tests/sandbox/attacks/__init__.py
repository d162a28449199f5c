"""Hostile programs, and what shows from outside whether a sandbox held them."""
