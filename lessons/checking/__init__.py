"""How an answer is held against the right one, term by term."""
