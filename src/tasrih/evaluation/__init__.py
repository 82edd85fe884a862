"""Scoring models on labelled test sets, with baselines and intervals."""
