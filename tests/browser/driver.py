"""A headless Chromium that tests drive through a pipe, by its DevTools protocol."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "chrome")

# The browser reads descriptor 3 and writes descriptor 4.
LAUNCH = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""

KEYS = {
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
    "Home": 36,
    "End": 35,
    "Escape": 27,
    "Enter": 13,
    "Tab": 9,
}


def chromium() -> str | None:
    """The browser's path; PROVE_CHROMIUM names another one than is found."""
    named = os.environ.get("PROVE_CHROMIUM")
    found = (shutil.which(name) for name in ([named] if named else NAMES))
    return next((path for path in found if path), None)


class Browser:
    """A browser, from ``with`` on."""

    def __init__(self, path: str, profile: Path) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        fcntl.fcntl(self._read, fcntl.F_SETFL, os.O_NONBLOCK)
        flags = (
            "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
            "--disable-component-update --disable-sync --disable-quic --disable-dev-shm-usage "
            "--hide-scrollbars --remote-debugging-pipe"
        ).split()
        launch = [sys.executable, "-c", LAUNCH, str(to_read), str(to_write), path]
        self._process = subprocess.Popen(
            [*launch, *flags, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._buffer = b""
        self._last = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._write)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._read)

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """The result of one command."""
        self._last += 1
        number = self._last
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 60
        while True:
            answer = self._message(deadline)
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result
            if "method" in answer:
                self.events.append(answer)

    def _message(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            part = os.read(self._read, 1 << 20)
            assert part, "the browser has gone"
            self._buffer += part
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

    def page(self, file: Path, fragment: str = "", width: int = 1280, height: int = 800) -> Page:
        """A file, opened in a page of its own."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.viewport(width, height)
        page.open(file.resolve().as_uri() + fragment)
        return page


class Page:
    """One page."""

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self._browser = browser
        self._session = session
        self._target = target

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def close(self) -> None:
        self._browser.call("Target.closeTarget", targetId=self._target)

    def js(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Waits until an expression is true."""
        deadline = time.monotonic() + 30
        while not self.js(condition):
            assert time.monotonic() < deadline, f"never: {condition}"
            time.sleep(0.02)

    def text(self, selector: str) -> str:
        """What an element says."""
        found: str = self.js(f"document.querySelector({json.dumps(selector)}).innerText")
        return found

    def texts(self, selector: str) -> list[str]:
        """What all elements say that are shown."""
        found: list[str] = self.js(
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            ".filter(e => e.getClientRects().length).map(e => e.innerText)"
        )
        return found

    def press(self, key: str) -> None:
        """Presses a key."""
        code = KEYS.get(key, ord(key[0].upper()))
        about = {"key": key, "windowsVirtualKeyCode": code, "code": key}
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **about, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def click(self, selector: str) -> None:
        """Clicks into the middle of an element, once it is in view."""
        name = json.dumps(selector)
        self.js(f"document.querySelector({name}).scrollIntoView({{block: 'center'}})")
        where = self.js(
            f"(() => {{ const r = document.querySelector({name}).getBoundingClientRect(); "
            "return [r.left + r.width / 2, r.top + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=where[0],
                y=where[1],
                button="left",
                clickCount=1,
            )

    def viewport(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def media(self, media: str = "", **features: str) -> None:
        """As in ``media("print")``, ``media(prefers_color_scheme="dark")``."""
        named = [{"name": n.replace("_", "-"), "value": v} for n, v in features.items()]
        self.call("Emulation.setEmulatedMedia", media=media, features=named)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def pdf(self, path: Path) -> None:
        shot = self.call("Page.printToPDF", printBackground=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self) -> list[str]:
        """What the browser has complained about in this page, or asked the network for."""
        self.js("0")
        found: list[str] = []
        for event in self._browser.events:
            if event.get("sessionId") != self._session:
                continue
            what = event["params"]
            match event["method"]:
                case "Runtime.exceptionThrown":
                    found.append(str(what["exceptionDetails"]))
                case "Runtime.consoleAPICalled":
                    found.append(f"console: {what['args']}")
                case "Log.entryAdded":
                    found.append(f"log: {what['entry']['text']}")
                case "Network.requestWillBeSent":
                    address = what["request"]["url"]
                    if not address.startswith(("file:", "about:")):
                        found.append(f"request: {address}")
                case "Page.javascriptDialogOpening":
                    found.append(f"dialog: {what['message']}")
                case _:
                    pass
        return found
