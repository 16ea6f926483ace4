"""Open actuarial engine for the design of social protection."""

__version__ = "0.1.0"
