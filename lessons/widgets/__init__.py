"""What the widgets of the lessons share."""
