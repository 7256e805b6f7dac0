"""The pack as the engine runs it: a process of its own that is asked over gRPC."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from policy_judge import BY_NAME, UNKNOWN, resource_type
from policy_manifests import MYSQLD, STACK, STATEFUL_SET, stateful_set
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

PACK = Path(__file__).parent.parent / "policies"
MANDATORY, ADVISORY, REMEDIATE = 1, 0, 3


@pytest.fixture(scope="module")
def analyzer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The process, for a stack whose last deployment had one more Secret; what it says of it comes from `pulumi`."""
    folder = tmp_path_factory.mktemp("bin")
    gone = {"urn": "urn:pulumi:dev::test::kubernetes:core/v1:Secret::gone", "type": "kubernetes:core/v1:Secret"}
    exported = folder / "exported.json"
    exported.write_text(json.dumps({"version": 3, "deployment": {"resources": [{**gone, "inputs": {}}]}}))
    pulumi = folder / "pulumi"
    pulumi.write_text(f"#!/bin/sh\n[ \"$1 $2 $5\" = 'stack export organization/test/dev' ] && cat {exported}\n")
    pulumi.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_STACK": "dev",
        "PULUMI_PROJECT": "test",
        "PULUMI_DRY_RUN": "true",
        "PULUMI_CONFIG": "{}",
    }
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", "."]
    with subprocess.Popen(command, cwd=PACK, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
        process.terminate()


def properties(manifest: dict[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update({key: value for key, value in manifest.items() if key != "kind"})
    return made


def request(manifest: dict[str, Any], stack: str = "dev") -> analyzer_pb2.AnalyzeRequest:
    kind, name = resource_type(manifest), manifest["metadata"]["name"]
    urn = f"urn:pulumi:{stack}::test::{kind}::{name}"
    return analyzer_pb2.AnalyzeRequest(type=kind, urn=urn, name=name, properties=properties(manifest))


def found(response: Any) -> dict[str, int]:
    return {each.policyName: each.enforcementLevel for each in response.diagnostics}


def test_it_tells_its_policies(analyzer: Any) -> None:
    info = analyzer.GetAnalyzerInfo(empty_pb2.Empty())
    assert info.name == "mysql-policies"
    assert [policy.name for policy in info.policies] == list(BY_NAME)
    assert all(policy.description and policy.remediation_steps for policy in info.policies)
    advisory = {policy.name for policy in info.policies if policy.enforcementLevel == ADVISORY}
    assert advisory == {"database-members-spread", "database-backup-configured", "hosts-by-name"}


def test_good_resources_pass(analyzer: Any) -> None:
    for manifest in STACK:
        assert found(analyzer.Analyze(request(manifest))) == {}


def test_a_bad_resource_is_refused_by_each_rule_that_it_breaks(analyzer: Any) -> None:
    bad = stateful_set(**{"spec.replicas": 2, f"{MYSQLD}.image": "mysql", f"{MYSQLD}.resources": {}})
    response = analyzer.Analyze(request(bad))
    assert found(response) == dict.fromkeys(
        ("stateful-set-odd-replicas", "images-pinned", "pods-resources-set"), MANDATORY
    )
    assert any("got 2. Use 1 or 3" in each.message for each in response.diagnostics)


def test_the_stack_is_in_the_name_of_the_resource(analyzer: Any) -> None:
    tagged = stateful_set(**{f"{MYSQLD}.image": "mysql:9.7"})
    assert found(analyzer.Analyze(request(tagged))) == {}
    assert found(analyzer.Analyze(request(tagged, "prod"))) == {"images-pinned": MANDATORY}


def test_an_unknown_value_is_a_note_beside_what_is_found(analyzer: Any) -> None:
    response = analyzer.Analyze(request(stateful_set(**{"spec.replicas": UNKNOWN, f"{MYSQLD}.image": "mysql"})))
    unsure = dict.fromkeys(("stateful-set-odd-replicas", "database-members-spread"), ADVISORY)
    assert found(response) == {**unsure, "images-pinned": MANDATORY}
    note = next(each.message for each in response.diagnostics if each.policyName == "stateful-set-odd-replicas")
    assert "not judged, as it is not known yet: spec.replicas of StatefulSet 'shop/orders'" in note


def test_a_stack_is_judged_as_a_whole_and_against_what_it_was(analyzer: Any) -> None:
    resources = [
        analyzer_pb2.AnalyzerResource(type=each.type, urn=each.urn, name=each.name, properties=each.properties)
        for each in map(request, [STATEFUL_SET])
    ]
    response = analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources))
    assert found(response) == dict.fromkeys(
        ("data-not-deleted", "database-disruption-budget", "database-network-policy"), MANDATORY
    )
    assert any("Secret/gone is no longer in the program" in each.message for each in response.diagnostics)


def test_configuration_and_remedies_are_taken(analyzer: Any) -> None:
    def configure(**policies: analyzer_pb2.PolicyConfig) -> None:
        named = {name.replace("_", "-"): config for name, config in policies.items()}
        analyzer.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=named))

    exceptions = struct_pb2.Struct()
    exceptions.update({"exceptions": ["orders"]})
    configure(
        stateful_set_odd_replicas=analyzer_pb2.PolicyConfig(enforcementLevel=MANDATORY, properties=exceptions),
        pods_restricted=analyzer_pb2.PolicyConfig(enforcementLevel=REMEDIATE),
    )
    try:
        silent = stateful_set(**{"spec.replicas": 2, f"{MYSQLD}.securityContext": {"capabilities": {"drop": ["ALL"]}}})
        (remedy,) = analyzer.Remediate(request(silent)).remediations
        better = request(silent)
        better.properties.CopyFrom(remedy.properties)
        assert found(analyzer.Analyze(request(silent))) == {"pods-restricted": MANDATORY}
        assert found(analyzer.Analyze(better)) == {}
        assert len(analyzer.Remediate(better).remediations) == 0
    finally:
        configure()
