"""The study of how to train by default: four ways on our own tasks."""
