"""The rules of law: one file per branch."""
