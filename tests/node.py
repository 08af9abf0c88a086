"""Run pieces of our browser modules under Node, as the page would."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

LESSONS = Path(__file__).parent.parent / "lessons"

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is missing")


def evaluate(module: str, expression: str, data: Any = None) -> Any:
    """Value of a JavaScript expression that sees a module of lessons/ as `module` and the data as `data`."""
    script = f"""
        import {{ readFileSync }} from "node:fs";
        import * as module from "./{"chapters" if "/" in module else "widgets"}/{module}";
        const data = JSON.parse(readFileSync(0));
        const plain = (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
        console.log(JSON.stringify(await (async () => ({expression}))(), plain));
    """
    flags = ["--input-type=module", "--eval", script]
    done = subprocess.run(["node", *flags], input=json.dumps(data), cwd=LESSONS, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
