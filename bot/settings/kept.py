"""The file in which a refresh token is kept that the server replaced: ours alone, and never half-written."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bot.errors import SettingsError

_LARGEST = 64 * 1024
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class TokenFile:
    """Where it is; `key` and `where` name the setting, for messages. Its content is read when it is needed."""

    path: Path
    key: str = ""
    where: str = ""

    def reveal(self) -> str:
        """The token there, "" when there is no file yet. Raises SettingsError, also when others may read it."""
        try:
            with self.path.open("rb") as file:
                mode, held = os.fstat(file.fileno()).st_mode, file.read(_LARGEST)
            token = held.decode("ascii").strip()
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError:
            raise self._problem(f"{self.path} holds no token", "Put the refresh token alone into it.") from None
        except OSError as problem:
            raise self._problem(f"{self.path} cannot be read: {problem.strerror}") from None
        if mode & _OTHERS:
            raise self._problem(f"others than its owner may use {self.path}", f"Run: chmod 600 {self.path}")
        return token

    def keep(self, token: str) -> None:
        """Replace what it holds; after a crash there is the old one or the new one. Raises SettingsError."""
        place = self.path.resolve()
        try:
            handle, aside = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")  # mode 0600
            try:
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    file.write(f"{token}\n")
                    file.flush()
                    os.fsync(file.fileno())
                Path(aside).replace(place)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(aside).unlink()
                raise
            _sync(place.parent)
        except OSError as problem:
            advice = "amends must be able to write in its folder."
            raise self._problem(f"{self.path} cannot be written: {problem.strerror}", advice) from None

    def empty(self) -> SettingsError:
        """For those who need a token there."""
        return self._problem(f"there is no refresh token in {self.path}", "Sign in and put it there, or name another.")

    def _problem(self, what: str, advice: str = "") -> SettingsError:
        return SettingsError(f"{self.key}: {what}.", where=self.where, advice=advice)


def _sync(folder: Path) -> None:
    """Or the new name may be gone after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
