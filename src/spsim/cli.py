"""Command line (under construction)."""


def main() -> None:
    """Entry point."""
