"""Stocks: who is contributing, dormant, unemployed, pensioned."""
