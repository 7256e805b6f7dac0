"""What a stack is in the cluster, as Kubernetes manifests: from the program itself, without a CLI, cluster or network.

Works for any Pulumi program in Python. Never imported by the component.
"""
