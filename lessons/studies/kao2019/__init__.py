"""The study after Kao (2019), doi:10.1152/jn.00467.2018: two mechanisms behind one reach."""
