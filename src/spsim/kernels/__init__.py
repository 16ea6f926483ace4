"""Compiled code. Each file stands alone: it imports numpy, numba and math, nothing of ours, not even another kernel."""
