#!/usr/bin/env python3
"""Verifies the DKIM signature of a mail with dkimpy.

usage: verify_dkim.py NAME RECORD < MAIL     NAME and RECORD: what stands in the DNS

Prints "good" or "bad".
"""
import sys
import dkim

name, record = sys.argv[1], sys.argv[2].encode()
zone = {f"{name}.".encode(): record}
print("good" if dkim.verify(sys.stdin.buffer.read(), dnsfunc=lambda asked, timeout=5: zone.get(asked)) else "bad")
