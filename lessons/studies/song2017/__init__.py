"""Song, Yang & Wang 2017: decisions, perceptual and by value, learned from reward alone."""
