"""Serves the component to programs in other Pulumi languages; PulumiPlugin.yaml leads here."""

from importlib.metadata import version

from pulumi.provider.experimental import component_provider_host

from mysql_k8s.component_provider import MySQLCluster

if __name__ == "__main__":
    component_provider_host(components=[MySQLCluster], name="mysql-k8s", version=version("mysql-k8s"))
