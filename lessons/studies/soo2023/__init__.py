"""The study after Soo, Goudar & Wang (2023), doi:10.1101/2023.10.10.561588: bridges through time."""
