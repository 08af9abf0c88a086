"""The two Gymnasium environments of a task, their rewards and their registration."""
