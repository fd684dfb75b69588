"""Compile JSON objects against the TypeScript types of the IAB, with the compiler that is pinned.

An object literal with a field that the type does not have, or with another type of value, is an
error. `make types` installs the compiler and the types into `types/node_modules`.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

TYPES = Path(__file__).parent / "types"
MODULES = TYPES / "node_modules"
REMEDY = "TypeScript and the types of OpenRTB are not installed: run `make types`"
OPTIONS = {
    "strict": True, "noEmit": True, "skipLibCheck": True, "target": "es2022", "module": "esnext",
    "moduleResolution": "bundler", "types": [], "lib": ["es2022"],
}  # fmt: skip


def find_type_errors(folder: Path, imports: str, objects: Mapping[str, tuple[str, object]]) -> str:
    """What the compiler says of objects: by name, a type and a value. Empty without errors."""
    node = shutil.which("node")
    compiler = MODULES / "typescript" / "lib" / "tsc.js"
    assert node, REMEDY
    assert compiler.exists(), REMEDY
    lines = [f"import type {{ {imports} }} from 'iab-openrtb/v26';"]
    lines += [
        f"export const {name}: {kind} = {json.dumps(value, indent=1)};"
        for name, (kind, value) in objects.items()
    ]
    (folder / "objects.ts").write_text("\n".join(lines))
    paths = {"iab-openrtb/v26": [str(MODULES / "iab-openrtb" / "dist" / "v26" / "index.d.ts")]}
    settings = {"compilerOptions": {**OPTIONS, "paths": paths}, "files": ["objects.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    ran = subprocess.run(
        [node, compiler, "--pretty", "false", "-p", folder],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert bool(ran.stdout) is bool(ran.returncode), ran.stderr
    return ran.stdout
