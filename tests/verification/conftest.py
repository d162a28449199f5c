"""Nothing in these tests is timed."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None, max_examples=25)
settings.load_profile("untimed")
