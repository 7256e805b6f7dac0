"""The restricted Pod Security Standard (Kubernetes: "Pod Security Standards", as its admission of 1.34 judges).

Every check takes a pod and yields problems. ``FORBIDDEN`` are of what is there, ``REQUIRED`` of what is not.
"""

from .containers import FORBIDDEN_IN_CONTAINERS
from .escalation import REQUIRED_OF_CONTAINERS
from .pod_wide import FORBIDDEN_IN_PODS

FORBIDDEN = (*FORBIDDEN_IN_PODS, *FORBIDDEN_IN_CONTAINERS)
REQUIRED = REQUIRED_OF_CONTAINERS

__all__ = ["FORBIDDEN", "REQUIRED"]
