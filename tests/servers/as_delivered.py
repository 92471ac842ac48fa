#!/usr/bin/env python3
"""Says what mails are like that a real server has delivered; fails where one is not as it was sent.

usage: as_delivered.py MAIL...
"""
import email, email.policy, sys

ids = set()
for path in sys.argv[1:]:
    mail = email.message_from_bytes(open(path, "rb").read(), policy=email.policy.default)
    parts = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    text = mail.get_body(("plain",)).get_content()
    assert parts == ["text/plain", "text/html", "image/png"] or parts == ["text/plain", "text/html"], parts
    assert mail["Auto-Submitted"] == "auto-generated" and mail["List-Id"] and mail["Message-ID"], path
    assert mail["Delivered-To"] == "desk@tollwatch.test", mail["Delivered-To"]
    assert not mail.defects and all(not part.defects for part in mail.walk()), path
    assert max(map(len, text.splitlines())) <= 78 or "http" in text, text
    ids.add(mail["Message-ID"])
    print(f"  {mail['Subject']}: {text.splitlines()[0]}")
assert len(ids) == len(sys.argv) - 1, "a mail came twice"
print(f"{len(ids)} mails as delivered: whole, each once")
