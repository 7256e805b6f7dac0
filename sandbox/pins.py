"""Every version that the sandbox is built from, and the names of its images: the one place to change them."""

PULUMI = "3.220.0"
PROVIDER_KUBERNETES = "4.26.0"
LANGUAGE_YAML = "1.28.0"
KUBERNETES = "1.34.4"
COREDNS = "1.12.4"
LOCAL_PATH_PROVISIONER = "0.0.30"
ACTIONLINT = "1.7.12"
KUBE_SCORE = "1.20.0"

MYSQL = "9.7.4"
"""The upstream version that Debian's package must have; the image's tag."""

IMAGE_PREFIX = "localhost/mysql-k8s"
MYSQL_IMAGE = f"{IMAGE_PREFIX}/mysql:{MYSQL}"
PYTHON_IMAGE = f"{IMAGE_PREFIX}/python:3"
PAUSE_IMAGE = f"{IMAGE_PREFIX}/pause:1"
