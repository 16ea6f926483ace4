"""What a worker gets: careers through the scenario's own law, replacement rates, pension wealth, returns, redistribution."""
