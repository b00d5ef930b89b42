"""Destinations as people read them, and how a try of one went."""

from typing import Annotated

import typer

from backroom.delivery.v1 import delivery_pb2 as api
from console.output import enum_name, escape, instant, new_console, print_fields, print_json

Name = Annotated[str, typer.Argument(help="`destinations/bank`, or just `bank`.")]


def full(name: str) -> str:
    """`bank` is `destinations/bank`."""
    return name if "/" in name else f"destinations/{name}"


def where(destination: api.Destination) -> str:
    """Where it is, on one line."""
    match destination.WhichOneof("method"):
        case "server_path":
            return destination.server_path.folder
        case "sftp":
            return url("sftp", destination.sftp)
        case "ftp":
            return url("ftp", destination.ftp)
        case "imap":
            return url("imap", destination.imap)
        case "email":
            return "mailto:" + ",".join(destination.email.recipients)
        case _:
            return "stored by a newer release"


def url(scheme: str, server: api.Sftp | api.Ftp | api.Imap) -> str:
    """`sftp://shop@bank.example:22/in`."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    port = f":{server.port}" if server.port else ""
    return f"{scheme}://{server.user_name}@{host}{port}/{server.folder}"


def render(destination: api.Destination, json: bool) -> None:
    """One destination."""
    if json:
        print_json(destination)
        return
    print_fields(
        [
            ("destination", destination.name),
            ("title", destination.display_name),
            ("where", where(destination)),
            *details(destination),
            *transfer(destination.transfer_options),
            ("changed", instant(destination.update_time)),
        ]
    )


def details(destination: api.Destination) -> list[tuple[str, str]]:
    """What belongs to its kind."""
    match destination.WhichOneof("method"):
        case "sftp":
            return [("host key", destination.sftp.host_key)]
        case "ftp":
            ftp = destination.ftp
            mode = "active" if ftp.active else "passive"
            return [*protected(ftp.security), *trusted(ftp.certificate, ftp.certificate_unverified), ("data", mode)]
        case "imap":
            imap = destination.imap
            return [*protected(imap.security), *trusted(imap.certificate, imap.certificate_unverified)]
        case "email":
            email, server = destination.email, destination.email.server
            own = protected(server.security) if server.address else []
            return [
                ("subject", email.subject),
                ("server", server.address),
                *own,
                ("account", server.user_name),
                ("sender", server.sender),
            ]
        case _:
            return []


def protected(security: api.ConnectionSecurity) -> list[tuple[str, str]]:
    """How a connection is protected."""
    return [("security", enum_name(api.ConnectionSecurity, security, "CONNECTION_SECURITY_").lower())]


def trusted(certificate: str, unverified: bool) -> list[tuple[str, str]]:
    """Whose certificates are believed."""
    if unverified:
        return [("certificate", "not verified: anyone can pose as the server")]
    return [("certificate", "one of its own")] if certificate else []


def transfer(options: api.TransferOptions) -> list[tuple[str, str]]:
    """The switches that are not as they usually are."""
    existing = enum_name(api.TransferOptions.Existing, options.existing, "EXISTING_")
    return [
        ("written", "under the final name at once" if options.write_directly else ""),
        ("existing", "" if existing == "REPLACE" else existing.lower()),
        ("folder", "must exist" if options.folder_must_exist else ""),
        ("bandwidth", f"{options.bandwidth_limit} bytes per second" if options.bandwidth_limit else ""),
        ("at once", str(options.concurrency) if options.concurrency else ""),
    ]


def print_verdict(what: str, answer: api.VerifyDestinationResponse) -> None:
    """How a try went: what works, what does not and what to do, what should not stay so."""
    console = new_console()
    if answer.verified:
        console.print(f"{escape(what)} works")
    else:
        console.print(f"{escape(what)} does not work: {escape(answer.message)} ({answer.reason})")
        console.print(escape(answer.remedy))
    for warning in answer.warnings:
        console.print(f"[yellow]warning[/]: {escape(warning)}")
    if answer.host_key:
        console.print(f"host key: {escape(answer.host_key)}")
        console.print(f"fingerprint: {escape(answer.host_key_fingerprint)}")
