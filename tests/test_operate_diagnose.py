"""What keeps pods from starting. The documents in test_operate_recorded.json were taken from a real API server."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from mysql_k8s.operate.diagnose import diagnose
from mysql_k8s.operate.problems import Kind, Observed, Problem

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "test_operate_recorded.json").read_text())


def recorded(name: str) -> Observed:
    return Observed(**copy.deepcopy(RECORDED[name]))


def only(seen: Observed) -> Problem:
    problems = diagnose(seen)
    assert len(problems) == 1
    return problems[0]


@pytest.mark.parametrize(
    ("name", "kind", "container", "what", "way_out"),
    [
        ("image", Kind.IMAGE, "mysqld", "localhost/none/such:1", "Correct the image's name"),
        ("registry", Kind.IMAGE, "mysqld", "registry.invalid", "access to its registry"),
        ("env", Kind.CONFIG, "mysqld", 'secret "absent" not found', "Create what is missing"),
        ("root", Kind.CONFIG, "mysqld", "non-root", "stack's configuration"),
        ("command", Kind.CRASH, "mysqld", "no such file or directory", "kubectl"),
        ("mount", Kind.MOUNT, None, 'secret "absent-tls" not found', "Create what is missing"),
        ("key", Kind.MOUNT, None, "non-existent config key: nokey", "Add the key"),
        ("big", Kind.SCHEDULE, None, "Insufficient memory", "Lower `resources`"),
        ("selector", Kind.SCHEDULE, None, "node affinity/selector", "scheduling.node_selector"),
        ("class", Kind.CLAIM, None, "nosuch", "storage.storage_class"),
        ("noclass", Kind.CLAIM, None, "no default one", "storage.storage_class"),
        ("crash", Kind.CRASH, "mysqld", "Exit status 3", "kubectl --namespace op-rec logs m-crash -c mysqld -p"),
        ("oom", Kind.CRASH, "mysqld", "137 (OOMKilled)", "Raise `resources.memory`"),
        ("refused", Kind.CREATE, None, "violates PodSecurity", "Pod Security labels"),
    ],
)
def test_recorded(name: str, kind: Kind, container: str | None, what: str, way_out: str) -> None:
    problem = only(recorded(name))
    assert (problem.kind, problem.container) == (kind, container)
    assert what in problem.what
    assert way_out in problem.way_out


def test_a_good_pod_has_no_problem() -> None:
    assert diagnose(recorded("good")) == []


@pytest.mark.parametrize("name", [name for name in RECORDED if RECORDED[name]["pods"]])
def test_a_pod_that_is_being_ended_has_no_problem(name: str) -> None:
    seen = recorded(name)
    seen.pods[0]["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    assert diagnose(seen) == []


@pytest.mark.parametrize("reason", ["TriggeredScaleUp", "Nominated"])
def test_a_node_that_is_being_added_is_waited_for(reason: str) -> None:
    seen = recorded("big")
    uid = seen.pods[0]["metadata"]["uid"]
    seen.events.append({"reason": reason, "involvedObject": {"uid": uid}, "lastTimestamp": "2030-01-01T00:00:00Z"})
    assert diagnose(seen) == []


def test_a_mount_that_failed_once_and_went_on_is_no_problem() -> None:
    seen = recorded("mount")
    uid = seen.pods[0]["metadata"]["uid"]
    seen.events.append({"reason": "Pulling", "involvedObject": {"uid": uid}, "lastTimestamp": "2030-01-01T00:00:00Z"})
    assert diagnose(seen) == []


def test_the_event_of_another_pod_of_that_name_does_not_count() -> None:
    seen = recorded("mount")
    seen.pods[0]["metadata"]["uid"] = "its-successor"
    assert diagnose(seen) == []


def test_a_pod_whose_image_is_being_pulled_has_no_problem() -> None:
    seen = recorded("good")
    status = seen.pods[0]["status"]["containerStatuses"][0]
    status["state"] = {"waiting": {"reason": "ContainerCreating"}}
    assert diagnose(seen) == []


@pytest.mark.parametrize(
    ("message", "way_out"),
    [
        ("0/3 nodes are available: 3 node(s) had untolerated taint(s).", "disk-pressure"),
        ("0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.", "fewer free nodes than members"),
    ],
)
def test_what_a_person_can_do_follows_from_what_the_scheduler_says(message: str, way_out: str) -> None:
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]
    pod = {"metadata": {"name": "orders-0", "uid": "1"}, "status": {"conditions": conditions}}
    problem = only(Observed(pods=[pod]))
    assert problem.kind is Kind.SCHEDULE and way_out in problem.way_out


def test_a_claim_that_waits_for_its_first_pod_leaves_the_word_to_the_scheduler() -> None:
    seen = recorded("class")
    seen.events.clear()
    assert only(seen).kind is Kind.SCHEDULE


def test_an_init_container_counts_too() -> None:
    seen = recorded("image")
    status = seen.pods[0]["status"]
    status["initContainerStatuses"] = status.pop("containerStatuses")
    status["initContainerStatuses"][0]["name"] = "agent"
    assert only(seen).container == "agent"


def test_a_volume_on_another_node() -> None:
    seen = recorded("mount")
    for event in seen.events:
        event |= {"reason": "FailedAttachVolume", "message": "Multi-Attach error for volume pvc-1"}
    assert "attached to another node" in only(seen).way_out


def test_a_network_that_cannot_be_set_up() -> None:
    seen = recorded("mount")
    for event in seen.events:
        event |= {"reason": "FailedCreatePodSandBox", "message": "Failed to create pod sandbox: no CNI"}
    assert only(seen).kind is Kind.NETWORK


def test_an_evicted_pod() -> None:
    seen = recorded("good")
    seen.pods[0]["status"] |= {
        "phase": "Failed",
        "reason": "Evicted",
        "message": "The node was low on resource: memory.",
    }
    assert only(seen).what == "Evicted: The node was low on resource: memory."


def test_an_old_refusal_does_not_count_once_the_pod_was_made() -> None:
    seen = recorded("refused")
    assert seen.stateful_set
    made = {"reason": "SuccessfulCreate", "lastTimestamp": "2030-01-01T00:00:00Z"}
    seen.events.append({**made, "involvedObject": {"uid": seen.stateful_set["metadata"]["uid"]}})
    assert diagnose(seen) == []


def test_a_quota() -> None:
    seen = recorded("refused")
    for event in seen.events:
        event["message"] = 'pods "m-0" is forbidden: exceeded quota: small'
    assert "quota" in only(seen).way_out


def test_a_blocked_agent_and_what_it_says() -> None:
    seen = recorded("good")
    seen.states["m-good"] = {"blocked": "has transactions that the primary lacks"}
    problem = only(seen)
    assert problem.kind is Kind.BLOCKED
    assert problem.what == "has transactions that the primary lacks."
    assert "docs/operations.md" in problem.way_out


def test_the_cause_comes_before_its_effect() -> None:
    """The agent of a pod whose mysqld keeps ending may say that it is blocked: the crash is what to mend."""
    seen = recorded("crash")
    seen.states["m-crash"] = {"blocked": "mysqld does not answer"}
    assert only(seen).kind is Kind.CRASH


def test_a_problem_as_one_sentence_after_the_other() -> None:
    text = str(only(recorded("env")))
    assert text.startswith("pod m-env, container mysqld: the container cannot be created. ")
    assert "\n" not in text


def test_nothing_deployed_is_no_problem() -> None:
    assert diagnose(Observed()) == []
