"""What the lessons of the book need, a folder for each page."""
