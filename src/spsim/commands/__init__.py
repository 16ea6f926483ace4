"""One file for each command of `spsim` that asks more of a scenario than one run; `cli` gathers them."""
