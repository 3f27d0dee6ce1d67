"""The ledger key in hardware: PKCS#11 v3 (CKM_EDDSA), through the maker's library.

What holds: the private key never leaves the token; it is made there, sensitive and not extractable. A session
that the token has forgotten is opened anew once; what fails then is said and nothing is signed. One login
serves all archives of this process, because a token counts logins by process.
"""

from __future__ import annotations

import secrets as randomness
import threading
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import (
    NoSuchToken,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    UserAlreadyLoggedIn,
)

from archive.keys import secrets
from archive.keys.errors import KeyLockedError, KeyTokenError
from archive.ledger.note import (
    Checkpoint,
    Told,
    Verifier,
    introduction,
    signed_note,
    told_note,
)
from archive.settings.model import Pkcs11Settings

_CURVE: Final = b"\x13\x0cedwards25519"  # PKCS#11 v3.0, 2.3.5: CKA_EC_PARAMS as a PrintableString
_PARAMETERS: Final = (_CURVE, b"\x06\x03\x2b\x65\x70")  # or as the OID of RFC 8410
_ID: Final = 16  # bytes of the CKA_ID that pairs a public with its private key
_WRONG_PIN: Final = (PinIncorrect, PinInvalid, PinLenRange)

# By library and token: sessions of this process that are logged in.
_sessions: dict[tuple[str, str], Any] = {}
_lock: Final = threading.RLock()  # a session does one thing at a time


class Token:
    """The token that the settings name."""

    def __init__(self, settings: Pkcs11Settings) -> None:
        self._settings = settings

    def signer(self, verifier: Verifier) -> Pkcs11Signer:
        """The signer whose public half this is.

        Raises:
            KeyTokenError: the token, or the key, is not there.
            KeyLockedError: the PIN is missing or wrong.
        """
        signer = Pkcs11Signer(self, verifier)
        if verifier not in self.keys(verifier.name):
            raise KeyTokenError(
                f"the token {self._settings.token!r} holds no key {self._settings.label!r} with the"
                f" id {verifier.id.hex()}: put in the right token, or correct [keys.pkcs11]"
            )
        return signer

    def keys(self, name: str) -> list[Verifier]:
        """The public keys of the configured label, as verifier keys of this name. Raises as `signer`."""
        with _lock:
            try:
                return [Verifier(name=name, key=key) for key, _ in self._public(self.session())]
            except PKCS11Error as e:
                raise self.failed(e) from e

    def make(self, name: str) -> Verifier:
        """A new key pair in the token, for good. Raises as `signer`."""
        with _lock:
            session = self._open(write=True)
            try:
                curve = session.create_domain_parameters(
                    KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _CURVE}, local=True
                )
                public, _ = curve.generate_keypair(
                    mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                    store=True,
                    label=self._settings.label,
                    id=randomness.token_bytes(_ID),
                )
                return Verifier(name=name, key=_point(public))
            except PKCS11Error as e:
                raise self.failed(e) from e

    def destroy(self, verifiers: Collection[Verifier]) -> None:
        """Remove key pairs, so that nobody signs with them any more; what is not here is passed over.

        The private half goes first: who is stopped in between still finds the pair by its public half.
        Raises as `signer`; some of them may be left.
        """
        with _lock:
            held = self.keys(verifiers[0].name) if (verifiers := list(verifiers)) else []
            if not (gone := [verifier for verifier in verifiers if verifier in held]):
                return
            session = self._open(write=True)
            try:
                for verifier in gone:
                    for found in self._pair(session, verifier):
                        found.destroy()
            except PKCS11Error as e:
                raise self.failed(e) from e

    def private(self, session: Any, verifier: Verifier) -> Any:
        """The private key of a public one. Raises KeyTokenError, PKCS11Error."""
        for found in self._pair(session, verifier):
            if found[Attribute.CLASS] == ObjectClass.PRIVATE_KEY:
                return found
        raise KeyTokenError(
            f"the token {self._settings.token!r} has no private key {verifier.id.hex()} any more"
        )

    def session(self) -> Any:
        """A session that is logged in. Raises KeyTokenError, KeyLockedError."""
        known = _sessions.get(self._name)
        return self._open() if known is None else known

    def forget(self) -> None:
        """The session of this process is no good any more."""
        session = _sessions.pop(self._name, None)
        if session is not None:
            with suppress(PKCS11Error):
                session.close()

    def failed(self, error: PKCS11Error) -> KeyTokenError:
        """What to say for an error of the token."""
        return KeyTokenError(
            f"the token {self._settings.token!r} does not answer as it should"
            f" ({type(error).__name__}): take it out, put it in again, then try again"
        )

    @property
    def _name(self) -> tuple[str, str]:
        return str(self._settings.module), self._settings.token

    def _public(self, session: Any) -> list[tuple[bytes, bytes]]:
        """Public keys of the label, and the id under which the private half lies. Raises PKCS11Error."""
        wanted = {
            Attribute.CLASS: ObjectClass.PUBLIC_KEY,
            Attribute.KEY_TYPE: KeyType.EC_EDWARDS,
            Attribute.LABEL: self._settings.label,
        }
        return [
            (_point(key), bytes(key[Attribute.ID]))
            for key in session.get_objects(wanted)
            if key[Attribute.EC_PARAMS] in _PARAMETERS
        ]

    def _pair(self, session: Any, verifier: Verifier) -> list[Any]:
        """The objects of a key pair, private ones first. Raises PKCS11Error."""
        return [
            found
            for key, identity in self._public(session)
            if key == verifier.key
            for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY)
            for found in session.get_objects({Attribute.CLASS: kind, Attribute.ID: identity})
        ]

    def _open(self, *, write: bool = False) -> Any:
        """A new session in place of an older one."""
        self.forget()
        try:
            library = pkcs11.lib(str(self._settings.module))
        except (PKCS11Error, RuntimeError, OSError) as e:
            raise KeyTokenError(
                f"the token's library {self._settings.module} cannot be loaded: {e or type(e).__name__}"
            ) from e
        try:
            token = library.get_token(token_label=self._settings.token)
            try:
                session = token.open(rw=write, user_pin=self._pin())
            except UserAlreadyLoggedIn:
                session = token.open(rw=write)
        except NoSuchToken as e:
            raise KeyTokenError(
                f"the token {self._settings.token!r} is not there: put it in, then try again"
            ) from e
        except _WRONG_PIN as e:
            raise KeyLockedError(
                f"the PIN of the token {self._settings.token!r} is wrong; a token locks itself after a"
                " few wrong ones"
            ) from e
        except PinLocked as e:
            raise KeyLockedError(
                f"the token {self._settings.token!r} is locked after too many wrong PINs: its security"
                " officer has to unlock it"
            ) from e
        except PKCS11Error as e:
            raise self.failed(e) from e
        _sessions[self._name] = session
        return session

    def _pin(self) -> str:
        try:
            pin = secrets.pin()
        except (OSError, UnicodeDecodeError) as e:
            raise KeyLockedError("the credential pkcs11-pin cannot be read as text") from e
        if pin is None:
            raise KeyLockedError(
                f"the token {self._settings.token!r} wants a PIN: set {secrets.PIN}, or give the service"
                " the credential pkcs11-pin"
            )
        return pin


class Pkcs11Signer:
    """Signs with a key in a token."""

    def __init__(self, token: Token, verifier: Verifier) -> None:
        self._token = token
        self._found: tuple[Any, Any] | None = None  # the private key, and the session it is of
        self.verifier = verifier

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """The whole note. Raises KeyTokenError, KeyLockedError."""
        return signed_note(self.verifier, checkpoint, self._sign(checkpoint.text().encode()))

    def introduce(self, successor: Verifier) -> bytes:
        """The signature under which another key comes into force. Raises KeyTokenError, KeyLockedError."""
        return self._sign(introduction(successor))

    def tell(self, item: Told) -> bytes:
        """What others are told, as a note. Raises KeyTokenError, KeyLockedError."""
        return told_note(self.verifier, item, self._sign(item.text().encode()))

    def _sign(self, message: bytes) -> bytes:
        with _lock:
            try:
                signature = self._sign_once(message)
            except PKCS11Error:
                self._token.forget()
                try:
                    signature = self._sign_once(message)
                except PKCS11Error as e:
                    raise self._token.failed(e) from e
        # What hardware says is believed no more than anybody else.
        if not self.verifier.is_signed_by(message, signature):
            raise KeyTokenError("the token made a signature that is wrong: it has to be replaced")
        return signature

    def _sign_once(self, message: bytes) -> bytes:
        session = self._token.session()
        if self._found is None or self._found[0] is not session:
            self._found = (session, self._token.private(session, self.verifier))
        return bytes(self._found[1].sign(message, mechanism=Mechanism.EDDSA))


def _point(key: Any) -> bytes:
    """The 32 bytes of a public key: CKA_EC_POINT is them, or an OCTET STRING of them (PKCS#11 v3.0, 2.3.5)."""
    return bytes(key[Attribute.EC_POINT])[-32:]
