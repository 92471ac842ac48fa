"""Looks at the page through Chromium's own protocol, over a pipe. Needs nothing but Python's standard library.

For every page, width and colour scheme: a screenshot, and no message of the console (a breach of the content security
policy is one), no failed request, nothing wider than the screen, every text with a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3),
one h1 and one main, headers in every table, a name for every picture. At the end faults are planted, which must be found.
"""

import base64
import json
import os
import subprocess
import sys

AUDIT = r"""
(() => {
  const faults = [];
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (over > 0) {
    const wide = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, .away, svg')
      && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1);
    faults.push(`${over} px wider than the screen: ` + wide.slice(0, 3).map(e => e.tagName + '.' + e.className).join(', '));
  }
  for (const [what, n] of [['h1', 1], ['main', 1], ['html[lang]', 1], ['header', 1], ['footer', 1]])
    if (document.querySelectorAll(what).length !== n) faults.push(`not ${n} ${what}`);
  for (const table of document.querySelectorAll('table'))
    if (!table.querySelector('th[scope=col]') || !table.querySelector('th[scope=row]') || !table.caption)
      faults.push('a table without headers or caption');
  for (const svg of document.querySelectorAll('svg'))
    if (!svg.closest('[role=img][aria-label]')) faults.push('a drawing without a name');
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size !== ids.length) faults.push('an id twice');
  for (const link of document.querySelectorAll('a[href^="#"]'))
    if (!ids.includes(link.getAttribute('href').slice(1))) faults.push('a link to nothing: ' + link.getAttribute('href'));
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const parse = c => (c.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > .99) return c; }
    return [255, 255, 255]; };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    const e = node.parentElement;
    if (!node.data.trim() || !e.getClientRects().length || e.closest('.away, .skip')) continue;
    const ink = parse(e.closest('svg') ? getComputedStyle(e).fill : getComputedStyle(e).color);
    const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x);
    const contrast = (a + .05) / (b + .05);
    if (contrast < 4.5) seen.add(`contrast ${contrast.toFixed(2)} of ${e.tagName}.${e.className.baseVal ?? e.className}`);
  }
  return JSON.stringify(faults.concat([...seen]));
})()
"""


PLANT = """
(() => {
  const p = document.createElement('p');
  p.textContent = 'planted';
  p.style.width = '2000px';
  p.style.color = '#aaaaaa';
  document.body.append(p);
  document.body.insertAdjacentHTML('beforeend', '<p style="color: red">planted</p>');
})()
"""


class Browser:
    def __init__(self, program, profile):
        to_us, from_browser = os.pipe()
        to_browser, from_us = os.pipe()

        # The browser reads from 3 and writes to 4.
        def ends():
            os.dup2(to_browser, 8)
            os.dup2(from_browser, 9)
            os.dup2(8, 3)
            os.dup2(9, 4)

        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"]
        self.process = subprocess.Popen([program, *flags], preexec_fn=ends, close_fds=False,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(from_browser)
        os.close(to_browser)
        self.out, self.read_from, self.rest = from_us, to_us, b""
        self.number, self.session, self.events = 0, None, []

    def receive(self):
        while b"\0" not in self.rest:
            piece = os.read(self.read_from, 1 << 20)
            if not piece:
                sys.exit("the browser went away")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method):
        while True:
            for at, event in enumerate(self.events):
                if event.get("method") == method:
                    return self.events.pop(at)
            self.events.append(self.receive())


def main():
    program, address, profile, folder = sys.argv[1:]
    browser = Browser(program, profile)
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for part in ["Page", "Runtime", "Log", "Network"]:
        browser.call(f"{part}.enable")
    browser.call("Page.navigate", url=address)
    browser.wait_for("Page.loadEventFired")
    first = "[...document.querySelectorAll('.stories h2 a')].map(a => a.getAttribute('href'))"
    stories = browser.call("Runtime.evaluate", expression=first, returnByValue=True)["result"]["value"]
    if not stories:
        sys.exit("no story is on the page")
    pages = {"overview": "", "feeds": "feeds", "missing": "nothing"}
    pages |= {f"story-{at + 1}": story.lstrip("/") for at, story in enumerate(stories[:2])}
    faults, looked = [], 0
    for name, path in pages.items():
        for width, height, phone in [(390, 844, True), (1200, 900, False)]:
            for scheme in ["light", "dark"]:
                browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, mobile=phone,
                             deviceScaleFactor=2 if phone else 1)
                browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
                browser.events.clear()
                browser.call("Page.navigate", url=address + path)
                browser.wait_for("Page.loadEventFired")
                audit = browser.call("Runtime.evaluate", expression=AUDIT, returnByValue=True)["result"]
                found = json.loads(audit["value"]) if "value" in audit else [f"the audit failed: {audit}"]
                for event in browser.events:
                    params = event.get("params", {})
                    if event["method"] in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Network.loadingFailed"):
                        found.append(f"{event['method']}: {json.dumps(params)[:200]}")
                    # A page that is not there is told to the console by its status.
                    if event["method"] == "Log.entryAdded" and name != "missing":
                        found.append(f"console: {params['entry']['text']}")
                size = browser.call("Page.getLayoutMetrics")["cssContentSize"]
                clip = {"x": 0, "y": 0, "width": width, "height": min(size["height"], 2600), "scale": 1}
                shot = browser.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
                with open(f"{folder}/{name}-{width}-{scheme}.png", "wb") as file:
                    file.write(base64.b64decode(shot["data"]))
                if (name, width, scheme) == ("story-1", 1200, "light"):
                    # The picture of the README.
                    clip["height"] = 1415
                    shot = browser.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
                    with open(f"{folder}/page.png", "wb") as file:
                        file.write(base64.b64decode(shot["data"]))
                faults += [f"{name} at {width} px, {scheme}: {fault}" for fault in found]
                looked += 1
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    browser.events.clear()
    browser.call("Runtime.evaluate", expression=PLANT)
    found = browser.call("Runtime.evaluate", expression=AUDIT, returnByValue=True)["result"]["value"]
    breach = any("Content Security Policy" in json.dumps(event) for event in browser.events)
    if "wider than the screen" not in found or "contrast" not in found or not breach:
        faults.append(f"what was planted was not found: {found}, breach of the policy told: {breach}")
    browser.process.terminate()
    browser.process.wait()
    print("\n".join(faults) or f"{looked} looks at {len(pages)} pages, nothing to complain of; screenshots in {folder}")
    sys.exit(1 if faults else 0)


main()
