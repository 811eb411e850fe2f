"""Measures networks, then renders what was measured."""
