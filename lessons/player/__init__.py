"""Tasks that a person does, in a notebook or in the terminal."""
