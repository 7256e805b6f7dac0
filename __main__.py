"""One MySQL cluster, as this stack's configuration describes it."""

import pulumi
from pydantic import ValidationError

from mysql_k8s import MySQLCluster, explain
from mysql_k8s.stack_configuration import described, refused

name, args = described(pulumi.Config())
try:
    cluster = MySQLCluster(name, args)
except ValidationError as error:
    raise refused(explain(error)) from None

pulumi.export("name", cluster.name)
pulumi.export("namespace", cluster.namespace)
pulumi.export("primary_host", cluster.primary_host)
pulumi.export("read_host", cluster.read_host)
pulumi.export("replicas_host", cluster.replicas_host)
pulumi.export("port", cluster.port)
pulumi.export("router_host", cluster.router_host)
pulumi.export("router_port", cluster.router_port)
pulumi.export("router_read_port", cluster.router_read_port)
pulumi.export("secret_names", cluster.secret_names)
pulumi.export("admin_secret_name", cluster.admin_secret_name)
pulumi.export("ca_certificate", cluster.ca_certificate)
pulumi.export("plan", cluster.plan)
