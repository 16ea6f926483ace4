"""Above results: many runs of one or several scenarios (compare, sensitivity, solve, reconcile, simulate, search)."""
