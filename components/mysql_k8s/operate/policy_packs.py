"""The options with which pulumi judges a run by the project's policy pack."""

from __future__ import annotations

from .project import Project


def options(project: Project) -> tuple[str, ...]:
    """None where there is no pack. `policies/config.<stack>.json` configures it, or else `policies/config.json`."""
    pack = project.root / "policies"
    if not (pack / "PulumiPolicy.yaml").exists():
        return ()
    files = (pack / f"config.{project.stack}.json", pack / "config.json")
    config = next((("--policy-pack-config", str(file)) for file in files if file.exists()), ())
    return ("--policy-pack", str(pack), *config)
