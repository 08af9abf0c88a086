"""What tasks can score: ideal observers, and answers that look at a part of a trial alone."""
