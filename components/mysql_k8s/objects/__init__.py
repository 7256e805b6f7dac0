"""One file per kind of Kubernetes object: pure functions from arguments and names to the object's arguments."""
