"""Bundled country tables and the reader of table folders."""
