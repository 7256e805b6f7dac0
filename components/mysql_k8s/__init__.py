"""MySQL on Kubernetes as a Pulumi component."""
