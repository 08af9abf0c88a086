"""Drive a headless Chromium through its DevTools protocol: open pages, press keys, read what a page computed."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """Path of the browser: what the environment variable CHROMIUM says, else the first on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


class Navigated(RuntimeError):
    """The page that was asked gave way to another before it could answer."""


class Page:
    """One tab, and everything it asked the network for or complained about.

    Attributes:
        requests: addresses of all requests, in order.
        complaints: console errors and uncaught exceptions, as text.
    """

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, timeout=300, suppress_origin=True)
        self._count = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result; events that come meanwhile are noted."""
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._count:
                if "error" in message:
                    said = message["error"]["message"]
                    raise (Navigated if "navigated" in said else RuntimeError)(f"{method}: {said}")
                return message["result"]
            self._note(message["method"], message["params"])

    def _note(self, event: str, detail: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.requests.append(detail["request"]["url"])
        elif event == "Runtime.exceptionThrown":
            thrown = detail["exceptionDetails"]
            self.complaints.append(thrown.get("exception", {}).get("description", thrown["text"]))
        elif event == "Runtime.consoleAPICalled" and detail["type"] in ("error", "assert"):
            self.complaints.append(" ".join(str(a.get("value", a.get("description"))) for a in detail["args"]))
        elif event == "Log.entryAdded" and detail["entry"]["level"] == "error":
            self.complaints.append(f"{detail['entry']['text']} {detail['entry'].get('url', '')}".strip())

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def open(self, address: str) -> None:
        """Open an address and wait until the page and all it embeds are loaded."""
        self.call("Page.navigate", url=address)
        self.wait(f"location.href.split('#')[0] === {json.dumps(address)} && document.readyState === 'complete'")

    def reload(self) -> None:
        """Load the page anew and wait until it is there."""
        self.read("window.isOld = true")
        self.call("Page.reload")
        self.wait("!window.isOld && document.readyState === 'complete'")

    def read(self, expression: str) -> Any:
        """Value of a JavaScript expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    def wait(self, expression: str, seconds: float = 3000) -> Any:
        """Value of the expression as soon as it is true; after so many seconds an error tells what it was."""
        end = time.monotonic() + seconds
        while True:
            try:
                value = self.read(expression)
            except Navigated:
                value = None
            if value not in (None, False, 0, ""):  # false in JavaScript, where {} is true
                return value
            if time.monotonic() > end:
                raise TimeoutError(f"after {seconds} s still {value!r}: {expression}; complaints: {self.complaints}")
            time.sleep(0.05)

    def press(self, key: str, times: int = 1) -> None:
        """Press a named key ("ArrowRight", "Tab", "Enter") on whatever has the focus."""
        code = {
            "Tab": 9,
            "Enter": 13,
            "End": 35,
            "Home": 36,
            "ArrowLeft": 37,
            "ArrowUp": 38,
            "ArrowRight": 39,
            "ArrowDown": 40,
        }
        text = {"text": "\r"} if key == "Enter" else {}
        for _ in range(times):
            for kind in ("keyDown", "keyUp"):
                same = {"key": key, "code": key, "windowsVirtualKeyCode": code[key]}
                self.call("Input.dispatchKeyEvent", type=kind, **same, **(text if kind == "keyDown" else {}))

    def resize(self, width: int, height: int = 900, dark: bool = False, scale: float = 1) -> None:
        """Give the page the size of a screen (CSS pixels) and a light or dark preference."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=scale, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, file: Path, whole: bool = True) -> None:
        """Write a PNG of the whole page, or of what the window shows."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def browser_page() -> Iterator[Page]:
    """A fresh headless Chromium with one tab, which can reach nothing but loopback and files."""
    program = find_chromium()
    if program is None:
        raise FileNotFoundError("no Chromium found; set the environment variable CHROMIUM")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                program,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            page = Page(_first_tab(Path(profile) / "DevToolsActivePort", process))
            yield page
            page.close()
        finally:
            process.terminate()
            process.wait(10)


def _first_tab(port_file: Path, process: subprocess.Popen[bytes], seconds: float = 300) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if port_file.exists() and (lines := port_file.read_text().splitlines()):
            with urllib.request.urlopen(f"http://127.0.0.1:{lines[0]}/json/list") as answer:
                tabs = [tab for tab in json.load(answer) if tab["type"] == "page"]
            if tabs:
                return tabs[0]["webSocketDebuggerUrl"]
        time.sleep(0.05)
    raise RuntimeError(f"Chromium did not start (exit code {process.poll()})")
