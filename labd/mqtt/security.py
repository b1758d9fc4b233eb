"""TLS: what a connection trusts, and what it means when there is none."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from labd.domain.errors import InvalidInput
from labd.mqtt.address import ENCRYPTED, BrokerAddress


def tls_context(address: BrokerAddress) -> ssl.SSLContext:
    """TLS 1.2 or newer, where the broker's certificate and name are looked at.

    Raises `InvalidInput` where a file of the address cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if (ca := address.ca) is None:
        context.load_default_certs()
    else:
        _load("ca", ca, lambda: context.load_verify_locations(ca))
    if (certificate := address.certificate) is not None:
        # Without a passphrase OpenSSL would ask for one on the terminal, and wait.
        _load("cert", certificate, lambda: context.load_cert_chain(certificate, address.key, lambda: ""))
    return context


def _load(option: str, file: Path, load: Callable[[], None]) -> None:
    try:
        load()
    except FileNotFoundError:
        raise InvalidInput(
            f"?{option}={file}: there is no such file, or no key beside it.", "Correct the path."
        ) from None
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).lower().replace("_", " ")
        raise InvalidInput(f"?{option}={file} is of no use for TLS: {reason}.", "Give PEM files.") from None
    except OSError as error:
        raise InvalidInput(f"?{option}={file} cannot be read: {error.strerror}.", "Correct its permissions.") from None


def why_not_connected(error: OSError, address: BrokerAddress) -> str:
    """Why the way to the broker failed before MQTT was spoken, and what to do about it."""
    match error:
        case ssl.SSLCertVerificationError():
            what = error.verify_message.rstrip(".")
            return f"The certificate of {address} is not trusted: {what}."
        case ssl.SSLError() | ConnectionResetError() if address.tls:
            why = error.strerror or error
            return f"{address} does not speak TLS as we do ({why}); without TLS it is {_plain(address)}."
    return f"{address} is not reached: {error.strerror or error}."


def why_hung_up(address: BrokerAddress) -> str:
    """What it may mean that a broker closes the connection instead of answering CONNECT."""
    if address.tls:
        return "The broker hung up instead of answering; perhaps it wants a certificate of ours (?cert=&key=)."
    return f"The broker hung up instead of answering; where it wants TLS, write {ENCRYPTED[address.scheme]}://."


def _plain(address: BrokerAddress) -> str:
    return f"{next(plain for plain, encrypted in ENCRYPTED.items() if encrypted == address.scheme)}://"
