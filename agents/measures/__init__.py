"""What is measured of a rule or a network while it learns."""
