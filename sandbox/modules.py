"""The Go modules that are built, each from its own lock files, and their builds in the cache."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from sandbox import pins
from sandbox.cache import content_key, ensure, folder_parts
from sandbox.golang import find_go, required_go
from sandbox.paths import TOOLCHAIN_SOURCES, build_logs
from sandbox.progress import Reporter
from sandbox.shell import output

ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -mod=readonly", "GOTOOLCHAIN": "local"}
SDK = "github.com/pulumi/pulumi/sdk/v3"
PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4"


@dataclass(frozen=True)
class GoModule:
    """One binary and how to build it. `folder` is below `sandbox/toolchain`."""

    folder: str
    binary: str
    package: str
    version: str
    ldflags: tuple[str, ...] = ("-s", "-w")
    files_from: str | None = None
    """A module whose files are needed beside the source or the binary."""


def _set(variable: str, value: str) -> tuple[str, str]:
    return "-X", f"{variable}={value}"


_KUBERNETES_MAJOR, _KUBERNETES_MINOR, _ = pins.KUBERNETES.split(".")

PULUMI = GoModule(
    "pulumi",
    "pulumi",
    "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    pins.PULUMI,
    ("-s", "-w", *_set(f"{SDK}/go/common/version.Version", f"v{pins.PULUMI}")),
    files_from=SDK,
)
LANGUAGE_PYTHON = GoModule(
    "language-python",
    "pulumi-language-python",
    f"{SDK}/python/cmd/pulumi-language-python",
    pins.PULUMI,
)
LANGUAGE_YAML = GoModule(
    "language-yaml",
    "pulumi-language-yaml",
    "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
    pins.LANGUAGE_YAML,
)
PROVIDER_KUBERNETES = GoModule(
    "provider-kubernetes",
    "pulumi-resource-kubernetes",
    ".",
    pins.PROVIDER_KUBERNETES,
    # Without it the CLI warns at every run that the plugin has no version.
    ("-s", "-w", *_set(f"{PROVIDER}/pkg/version.Version", pins.PROVIDER_KUBERNETES)),
    files_from=PROVIDER,
)
KUBERNETES = GoModule(
    "kubernetes",
    "kube",
    ".",
    pins.KUBERNETES,
    (
        "-s",
        "-w",
        *_set("k8s.io/component-base/version.gitVersion", f"v{pins.KUBERNETES}"),
        *_set("k8s.io/component-base/version.gitMajor", _KUBERNETES_MAJOR),
        *_set("k8s.io/component-base/version.gitMinor", _KUBERNETES_MINOR),
    ),
)
COREDNS = GoModule("coredns", "coredns", "github.com/coredns/coredns", pins.COREDNS)
LOCAL_PATH_PROVISIONER = GoModule(
    "local-path-provisioner",
    "local-path-provisioner",
    "github.com/rancher/local-path-provisioner",
    pins.LOCAL_PATH_PROVISIONER,
)
KUBE_SCORE = GoModule("kube-score", "kube-score", "github.com/zegl/kube-score/cmd/kube-score", pins.KUBE_SCORE)
ACTIONLINT = GoModule("actionlint", "actionlint", "github.com/rhysd/actionlint/cmd/actionlint", pins.ACTIONLINT)

SCRIPTS = (
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-analyzer-policy-python",
    "python/dist/pulumi-resource-pulumi-python",
)
"""What the Python language plugin calls, as files of the SDK's module."""


def entry_name(module: GoModule, sources: Path = TOOLCHAIN_SOURCES) -> str:
    """The name of the module's cache entry: changes with its files, its flags and its version."""
    parts = folder_parts(sources / module.folder)
    flags = [module.package, module.version, *module.ldflags, *sorted(f"{k}={v}" for k, v in ENVIRONMENT.items())]
    return f"{module.folder}-{content_key([*parts, *flags])}"


def ensure_module(module: GoModule, reporter: Reporter) -> Path:
    """The `bin` folder that holds the module's binary, built if it is not in the cache. Raises StepFailed."""
    return ensure(entry_name(module), lambda folder: _build(module, folder, reporter), reporter) / "bin"


def _build(module: GoModule, folder: Path, reporter: Reporter) -> None:
    source = folder / "source"
    shutil.copytree(TOOLCHAIN_SOURCES / module.folder, source)
    go = find_go(required_go((source / "go.mod").read_text()), reporter)
    log = build_logs() / f"{module.folder}.log"
    environment = {**ENVIRONMENT, "GOWORK": "off"}
    files = None
    if module.files_from:
        reporter.run(
            f"sources of {module.binary}", [str(go), "mod", "download", module.files_from], log, source, environment
        )
        files = Path(output([str(go), "-C", str(source), "list", "-m", "-f", "{{.Dir}}", module.files_from]).strip())
    if module is PROVIDER_KUBERNETES and files:
        _add_embedded_files(source, files / "cmd" / "pulumi-resource-kubernetes")
    target = folder / "bin" / module.binary
    reporter.run(
        f"building {module.binary} {module.version}",
        [
            str(go),
            "build",
            "-trimpath",
            "-ldflags",
            " ".join(module.ldflags),
            "-o",
            str(target),
            module.package,
        ],
        log,
        source,
        environment,
    )
    if module is PULUMI and files:
        _add_scripts(target.parent, files)
    shutil.rmtree(source)


def _add_embedded_files(source: Path, published: Path) -> None:
    # The module is published without the file that its own main embeds; its schema carries no version.
    schema = json.loads((published / "schema.json").read_text())
    schema["version"] = pins.PROVIDER_KUBERNETES
    (source / "schema.json").write_text(json.dumps(schema))
    shutil.copyfile(published / "terraform-mapping.json", source / "terraform-mapping.json")


def _add_scripts(folder: Path, sdk: Path) -> None:
    for script in SCRIPTS:
        copy = folder / Path(script).name
        shutil.copyfile(sdk / script, copy)
        copy.chmod(0o755)
