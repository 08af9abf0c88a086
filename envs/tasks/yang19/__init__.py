"""The twenty tasks of Yang et al. (2019), doi:10.1038/s41593-018-0310-2, and all of them in one network."""
