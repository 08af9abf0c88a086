"""Questions for a course outside of its pages: a bank that Moodle and Canvas import, and an exam drawn from it."""
