"""Showing results: terminal tables and HTML, right to left."""
