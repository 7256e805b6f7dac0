"""What can happen to what lies on a target. ``target``: the folder of one cluster there."""

from __future__ import annotations

import json
from pathlib import Path


def damage_base(target: Path) -> None:
    part = next(target.glob("base/*/part-00000"))
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)


def truncate_base(target: Path) -> None:
    part = next(target.glob("base/*/part-00000"))
    part.write_bytes(part.read_bytes()[:-100])


def lose_manifest(target: Path) -> None:
    next(target.glob("base/*/manifest.json")).unlink()


def change_rows(target: Path) -> None:
    """As if a row had changed on the way, in a page whose own checksum is right."""
    manifest = next(target.glob("base/*/manifest.json"))
    described = json.loads(manifest.read_text())
    described["checksums"]["app.t"] = str(int(described["checksums"]["app.t"]) + 1)
    manifest.write_text(json.dumps(described))


def middle_segment(target: Path) -> Path:
    described = sorted(target.glob("binlog/0001/0*.json"))
    return described[len(described) // 2]


def lose_segment(target: Path) -> None:
    described = middle_segment(target)
    (described.parent / json.loads(described.read_text())["object"]).unlink()


def damage_segment(target: Path) -> None:
    described = middle_segment(target)
    path = described.parent / json.loads(described.read_text())["object"]
    content = bytearray(path.read_bytes())
    content[-10] ^= 1
    path.write_bytes(content)
