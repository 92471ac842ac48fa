#!/usr/bin/env python3
"""Looks at mails in a real browser, on a phone and on a desk, in the light and in the dark.

usage: screenshots.py OUT MAIL...     MAIL is a file, or a Maildir

Writes a PNG for each mail, width and colour scheme into OUT, and fails where a page is wider than its window, its text has
less contrast than 4.5:1 (WCAG 2.2, 1.4.3; 3:1 for large text), a picture is missing, something is asked for over the
network, the HTML has 100 KB or more, or the picture is blank. Needs Chromium; nothing else beside Python.
"""
import email, email.policy, html, json, pathlib, re, shutil, subprocess, sys, tempfile, zlib

WIDTHS = {"phone": 390, "desk": 1000}
SCHEMES = {"light": 1, "dark": 0}  # blink's preferredColorScheme

# Put at the end of the page: measures it, and writes what it finds where --dump-dom shows it.
MEASURE = """<script>
addEventListener('load', () => {
  const colour = text => { const n = text.match(/[\\d.]+/g).map(Number); return {r: n[0], g: n[1], b: n[2], a: n[3] ?? 1}; };
  const over = (top, below) => ({r: top.r*top.a + below.r*(1-top.a), g: top.g*top.a + below.g*(1-top.a),
                                 b: top.b*top.a + below.b*(1-top.a), a: 1});
  const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? {r: 18, g: 18, b: 18, a: 1} : {r: 255, g: 255, b: 255, a: 1};
  const behind = e => { const c = colour(getComputedStyle(e).backgroundColor);
    return c.a === 1 ? c : over(c, e.parentElement ? behind(e.parentElement) : canvas); };
  const light = c => { const f = v => { v /= 255; return v <= 0.04045 ? v/12.92 : ((v+0.055)/1.055)**2.4; };
    return 0.2126*f(c.r) + 0.7152*f(c.g) + 0.0722*f(c.b); };
  const poor = []; let least = 99, texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, e = node.parentElement;
    if (!node.data.trim() || ['SCRIPT', 'STYLE'].includes(e.tagName) || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), back = behind(e), front = over(colour(style.color), back);
    const [a, b] = [light(front), light(back)], ratio = (Math.max(a, b)+0.05) / (Math.min(a, b)+0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    texts++; least = Math.min(least, ratio);
    if (ratio < (large ? 3 : 4.5)) poor.push(node.data.trim().slice(0, 40) + ' ' + ratio.toFixed(2));
  }
  const out = document.createElement('pre');
  out.id = 'measured'; out.style.display = 'none';
  out.textContent = JSON.stringify({dark: matchMedia('(prefers-color-scheme: dark)').matches, window: innerWidth,
    width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight, texts, poor,
    least: Number(least.toFixed(2)), images: [...document.images].map(i => i.naturalWidth)});
  document.body.append(out);
});
</script>"""


def page(message):
    """The HTML part, its pictures put into it."""
    body = message.get_body(("html",)).get_content()
    for part in message.walk():
        if part.get_content_maintype() == "image":
            cid = part["Content-ID"].strip("<> ")
            data = part.get_payload().replace("\n", "").replace("\r", "")
            assert f"cid:{cid}" in body, f"the picture {cid} is not shown"
            body = body.replace(f"cid:{cid}", f"data:image/png;base64,{data}")
    return body


class Browser:
    def __init__(self):
        self.program = next((p for p in ("chromium", "chromium-browser", "google-chrome") if shutil.which(p)), None)
        if not self.program:
            sys.exit("screenshots: no chromium here")
        self.home = tempfile.mkdtemp(prefix="tollwatch-browser-")

    def run(self, url, width, height, scheme, *more):
        done = subprocess.run(
            [self.program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
             "--disable-dev-shm-usage", f"--user-data-dir={self.home}", f"--window-size={width},{height}",
             f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
             # Whatever is not on this machine is not to be had: a mail asks for nothing.
             "--host-resolver-rules=MAP * ~NOTFOUND", *more, url],
            capture_output=True, timeout=120)
        if done.returncode:
            sys.exit(f"chromium ended with {done.returncode}: {done.stderr.decode(errors='replace')[-400:]}")
        return done.stdout.decode()

    def end(self):
        shutil.rmtree(self.home, ignore_errors=True)


def frame(inner, width, height):
    """A window has a least width; a frame within it has not."""
    return (f'<!doctype html><meta name="color-scheme" content="light dark"><body style="margin:0"><iframe id="mail" width="{width}" height="{height}" '
            f'style="border:0;display:block" srcdoc="{html.escape(inner)}"></iframe>'
            "<script>addEventListener('load', () => setTimeout(() => {"
            "const m = document.getElementById('mail').contentDocument.getElementById('measured');"
            "const out = document.createElement('pre'); out.id = 'found'; out.style.display = 'none';"
            "out.textContent = m ? m.textContent : ''; document.body.append(out); }, 50))</script>")


def look(browser, name, body, out, width, scheme):
    """One look: the picture, and what is wrong with it."""
    size, wrong = WIDTHS[width], []
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "page.html"
        file.write_text(frame(body + MEASURE, size, 800))
        dom = browser.run(file.as_uri(), max(size, 600), 800, scheme, "--virtual-time-budget=2000", "--dump-dom")
        found = re.search(r'<pre id="found"[^>]*>(.*?)</pre>', dom, re.S)
        measured = json.loads(html.unescape(found.group(1)))
        height = min(measured["height"], 6000)
        file.write_text(frame(body, size, height))
        picture = out / f"{name}-{width}-{scheme}.png"
        browser.run(file.as_uri(), size, height, scheme, "--virtual-time-budget=2000", f"--screenshot={picture}")
    if measured["dark"] != (scheme == "dark"):
        wrong.append("the colour scheme was not taken over: this look says nothing")
    if measured["width"] > size:
        wrong.append(f"{measured['width']} pixels wide in a window of {size}")
    if measured["texts"] < 5:
        wrong.append(f"only {measured['texts']} pieces of text are seen")
    if 0 in measured["images"]:
        wrong.append("a picture is missing")
    wrong += [f"poor contrast: {poor}" for poor in measured["poor"]]
    if is_blank(picture.read_bytes()):
        wrong.append("the picture is blank")
    return measured, wrong


def is_blank(png):
    """Whether hardly two lines of a PNG differ."""
    at, data, width = 8, b"", 0
    while at < len(png):
        length, kind = int.from_bytes(png[at:at + 4]), png[at + 4:at + 8]
        if kind == b"IHDR":
            width, depth = int.from_bytes(png[at + 8:at + 12]), {2: 3, 6: 4, 0: 1, 3: 1}[png[at + 17]]
        if kind == b"IDAT":
            data += png[at + 8:at + 8 + length]
        at += 12 + length
    raw, row = zlib.decompress(data), width * depth + 1
    return len({raw[n:n + row] for n in range(0, len(raw), row)}) < 50


def mails(paths):
    for path in map(pathlib.Path, paths):
        files = sorted(path.glob("new/*")) if path.is_dir() else [path]
        yield from files


def main():
    out, failed, looked = pathlib.Path(sys.argv[1]), 0, 0
    out.mkdir(parents=True, exist_ok=True)
    browser = Browser()
    print(f"{'mail':34} {'width':6} {'scheme':6} {'size':>10} {'least contrast':>15}  HTML")
    try:
        for number, path in enumerate(mails(sys.argv[2:]), 1):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            name = f"{number:02}-" + re.sub(r"[^a-z0-9]+", "-", message["Subject"].lower()).strip("-")[:28]
            plain = message.get_body(("html",)).get_content()
            body = page(message)
            remote = re.findall(r'(?:src|background)\s*=\s*"(?!data:)[^"]*|url\(|@import|<link|<script', body)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    measured, wrong = look(browser, name, body, out, width, scheme)
                    looked += 1
                    if remote:
                        wrong.append(f"asks for something: {remote}")
                    if len(plain.encode()) >= 100_000:
                        wrong.append("100 KB of HTML or more")
                    print(f"{name:34} {width:6} {scheme:6} {WIDTHS[width]:4}x{measured['height']:<5} "
                          f"{measured['least']:>13}:1  {len(plain.encode()) / 1000:.1f} KB"
                          + "".join(f"\n    WRONG: {w}" for w in wrong), flush=True)
                    failed += bool(wrong)
    finally:
        browser.end()
    print(f"{looked} looks, {failed} of them with something wrong; the pictures are in {out}")
    sys.exit(1 if failed or not looked else 0)


main()
