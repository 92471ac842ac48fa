#!/usr/bin/env python3
"""A mail server (aiosmtpd) on 127.0.0.1 that fails on demand, as tests/suite/faults.rs wants it.

usage: faults.py OUT [--starttls | --implicit] [--cert PEM --key PEM]

Prints the port it listens on. Writes each mail that it takes into OUT as NNNNN.eml, with the envelope before it. With
encryption it wants a login as u with the password p. What it does goes by the local part of the recipient; it fails the
first time, and takes the mail the second time:

  tmp450, greylist   450, 451 to RCPT          perm550   550 to RCPT, always
  data451            451 after DATA, not kept   data554   554 after DATA, always, not kept
  droprcpt           drops the connection at RCPT
  dropdata           keeps the mail and drops the connection before the answer
  stall              keeps the mail and never answers
  slow               keeps the mail and answers after a while, always
"""
import argparse, asyncio, logging, pathlib, ssl, warnings
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
arguments = argparse.ArgumentParser()
arguments.add_argument("out", type=pathlib.Path)
arguments.add_argument("--starttls", action="store_true")
arguments.add_argument("--implicit", action="store_true")
arguments.add_argument("--cert")
arguments.add_argument("--key")
wanted = arguments.parse_args()
struck = set()
taken = 0


def strikes(fault, address):
    """Whether it is this fault's turn."""
    if address.split("@")[0] != fault or address in struck:
        return False
    struck.add(address)
    return True


class Faults:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if strikes("tmp450", address):
            return "450 4.2.1 mailbox busy"
        if strikes("greylist", address):
            return "451 4.7.1 greylisted, try again later"
        if address.startswith("perm550@"):
            return "550 5.1.1 no such user"
        if strikes("droprcpt", address):
            server.transport.abort()
            await asyncio.sleep(60)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        global taken
        (to,) = envelope.rcpt_tos
        if strikes("data451", to):
            return "451 4.3.0 queue full"
        if to.startswith("data554@"):
            return "554 5.7.1 looks like spam"
        taken += 1
        encrypted = server.transport.get_extra_info("sslcontext") is not None
        head = f"X-From: {envelope.mail_from}\r\nX-To: {to}\r\nX-Tls: {encrypted}\r\nX-Login: {session.authenticated}\r\n"
        draft = wanted.out / f"{taken:05}.draft"
        draft.write_bytes(head.encode() + envelope.original_content)
        draft.rename(draft.with_suffix(".eml"))
        if strikes("dropdata", to):
            server.transport.abort()
            await asyncio.sleep(60)
        if strikes("stall", to):
            await asyncio.sleep(3600)
        if to.startswith("slow@"):
            await asyncio.sleep(0.3)
        return "250 2.0.0 taken"


def login(server, session, envelope, mechanism, data):
    fits = isinstance(data, LoginPassword) and (data.login, data.password) == (b"u", b"p")
    return AuthResult(success=fits, handled=False)


async def main():
    context, options = None, {"ident": "faults"}
    if wanted.starttls or wanted.implicit:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(wanted.cert, wanted.key)
        options |= {"authenticator": login, "auth_required": True, "auth_require_tls": wanted.starttls}
    if wanted.starttls:
        options |= {"tls_context": context, "require_starttls": True}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Faults(), **options), "127.0.0.1", 0, ssl=context if wanted.implicit else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
