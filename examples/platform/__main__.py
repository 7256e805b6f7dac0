"""What a platform team runs for a shop: the orders, the audit log, and the shop itself."""

import pulumi
from cost_centre import charge_to
from pulumi_kubernetes import Provider
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from shop import AuditLog, Orders, Shop

from mysql_k8s import (
    Agent,
    MySQL,
    MySQLCluster,
    MySQLClusterArgs,
    Network,
    Replication,
    Resources,
    Standalone,
    User,
)

config = pulumi.Config()
shop_namespace, audit_namespace = config.require("shopNamespace"), config.require("auditNamespace")
engine = MySQL(image=config.require("mysqlImage"))
agent = Agent(image=config.require("pythonImage"))
resources = Resources(cpu="100m", memory=config.require("memory"))
ADD_ONLY = ("CREATE", "INSERT", "SELECT")
audit_password = config.require_secret("auditPassword")

kubernetes = Provider(
    "kubernetes",
    context=config.get("context") or None,
    # What running pods read changes in place then. By default such an object is deleted and made anew.
    enable_secret_mutable=True,
    enable_config_map_mutable=True,
)


def namespace(name: str) -> Namespace:
    """It outlives the stack, as the claims in it do: whoever deletes a namespace deletes the data."""
    metadata = ObjectMetaArgs(name=name, labels={"pod-security.kubernetes.io/enforce": "restricted"})
    return Namespace(name, metadata=metadata, opts=pulumi.ResourceOptions(provider=kubernetes, retain_on_delete=True))


def inside(home: Namespace, cost_centre: str) -> pulumi.ResourceOptions:
    """The options of a component; its children inherit the provider and the transform."""
    return pulumi.ResourceOptions(providers=[kubernetes], depends_on=[home], transforms=[charge_to(cost_centre)])


shops, audits = namespace(shop_namespace), namespace(audit_namespace)

orders = MySQLCluster(
    "orders",
    MySQLClusterArgs(
        namespace=shop_namespace,
        engine=engine,
        agent=agent,
        resources=resources,
        topology=Replication(members=3, durability="semi-sync"),
        databases=("orders",),
        users=(User(name="shop", databases=("orders",)),),
    ),
    inside(shops, "sales"),
)

audit = MySQLCluster(
    "audit",
    MySQLClusterArgs(
        namespace=audit_namespace,
        engine=engine,
        agent=agent,
        resources=resources,
        topology=Standalone(),
        databases=("audit",),
        users=(User(name="shop", databases=("audit",), privileges=ADD_ONLY, password=audit_password),),
        network=Network(client_namespaces=(shop_namespace,)),
    ),
    inside(audits, "compliance"),
)

Shop(
    "shop",
    namespace=shop_namespace,
    image=engine.image_reference,
    orders=Orders(secret_name=orders.secret_names["shop"], read_host=orders.read_host),
    audit=AuditLog(host=audit.primary_host, password=audit_password, ca_certificate=audit.ca_certificate),
    opts=pulumi.ResourceOptions.merge(inside(shops, "sales"), pulumi.ResourceOptions(depends_on=[orders, audit])),
)

pulumi.export("orders", orders.primary_host)
pulumi.export("audit", audit.primary_host)
pulumi.export("orders_plan", orders.plan)
