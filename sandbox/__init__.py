"""A real three-node Kubernetes on this machine, and the tools to deploy to it, from package registries alone."""
