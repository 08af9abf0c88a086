"""The book and the notebooks, and what their pages show."""
