"""What the social security conventions of the ILO ask, article by article, and whether a scenario's law gives it."""
