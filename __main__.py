"""One MySQL cluster, as this stack's configuration describes it."""

import pulumi
from pydantic import ValidationError

from mysql_k8s import MySQLCluster, MySQLClusterArgs, explain

config = pulumi.Config()

try:
    args = MySQLClusterArgs.model_validate(config.get_object("cluster") or {})
    # Passwords are secrets of their own (`pulumi config set --secret password-app ...`): inside a larger object
    # they would be read as plain text. A user without one gets a generated one.
    passwords = {user.name: config.get_secret(f"password-{user.name}") for user in args.users}
    cluster = MySQLCluster(config.get("name") or "mysql", args.with_passwords(passwords))
except ValidationError as error:
    raise pulumi.RunError(f"the configuration does not describe a cluster:\n{explain(error)}") from None

pulumi.export("name", cluster.name)
pulumi.export("namespace", cluster.namespace)
pulumi.export("primary_host", cluster.primary_host)
pulumi.export("read_host", cluster.read_host)
pulumi.export("replicas_host", cluster.replicas_host)
pulumi.export("port", cluster.port)
pulumi.export("secret_names", cluster.secret_names)
pulumi.export("admin_secret_name", cluster.admin_secret_name)
pulumi.export("ca_certificate", cluster.ca_certificate)
pulumi.export("plan", cluster.plan)
