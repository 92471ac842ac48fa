#!/usr/bin/env python3
"""Writes what the program is made of as a CycloneDX 1.5 document.

    cargo metadata --locked --offline --format-version 1 --filter-platform x86_64-unknown-linux-gnu | tools/sbom.py >sbom.json

Only what is built into the program is listed: neither what its tests need nor, apart from the C library of SQLite that
libsqlite3-sys brings, what its build runs. Nothing in it depends on the time or the machine: the same Cargo.lock gives
the same document.
"""
import json, sys

metadata = json.load(sys.stdin)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
root = metadata["resolve"]["root"] or next(id for id, package in packages.items() if package["name"] == "tollwatch")


def linked(id):
    """The packages that this one is linked with: its dependencies of no special kind."""
    return sorted(dep["pkg"] for dep in nodes[id]["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"]))


def reference(id):
    return f"pkg:cargo/{packages[id]['name']}@{packages[id]['version']}"


def component(id, kind):
    package = packages[id]
    found = {"type": kind, "bom-ref": reference(id), "name": package["name"], "version": package["version"],
             "purl": reference(id)}
    if package.get("license"):
        found["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if package.get("description"):
        found["description"] = " ".join(package["description"].split())
    if package.get("repository"):
        found["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return found


seen, waiting = {root}, [root]
while waiting:
    for id in linked(waiting.pop()):
        if id not in seen:
            seen.add(id)
            waiting.append(id)

others = sorted(seen - {root}, key=reference)
if not others:
    sys.exit("no dependency was found: is this the output of `cargo metadata`?")
json.dump({
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "metadata": {"component": component(root, "application")},
    "components": [component(id, "library") for id in others],
    "dependencies": [{"ref": reference(id), "dependsOn": [reference(dep) for dep in linked(id)]}
                     for id in [root, *others]],
}, sys.stdout, indent=2)
print()
print(f"{len(others)} components", file=sys.stderr)
