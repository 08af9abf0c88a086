"""The study after Marschall, Cho & Savin (2019), arXiv:1905.12100: learning from local signals."""
