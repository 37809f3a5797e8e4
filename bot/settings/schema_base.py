"""What all tables of config.toml share. pydantic is imported in the files schema*.py alone."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.domain.hours import parse_delay

Path = tuple[str | int, ...]


class Table(BaseModel):
    """A table that knows all its settings, and takes no value for another's."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _delay(text: str) -> str:
    parse_delay(text)
    return text


def _elapsed(text: str) -> str:
    if parse_delay(text).working:
        raise ValueError("expected elapsed time here, without the word working")
    return text


def _perhaps_elapsed(text: str) -> str:
    return _elapsed(text) if text else text


def slack_id(prefixes: str) -> Any:
    """A validator of ids that begin with one of these letters; an empty text passes."""

    def check(text: str) -> str:
        if text and not is_slack_id(text, prefixes):
            wanted = " or ".join(f'"{p}0123456789"' for p in prefixes)
            raise ValueError(f"expected a Slack id such as {wanted}, not a name")
        return text

    return AfterValidator(check)


def is_slack_id(text: str, prefixes: str) -> bool:
    """Whether it looks like one."""
    return text[:1] in tuple(prefixes) and text[1:].isalnum() and text.isupper()


def _address(text: str) -> str:
    local, at, domain = text.partition("@")
    if not (local and at and domain) or any(c.isspace() or c in '<>,;"' for c in text):
        raise ValueError('expected an address such as "support@acme.example"')
    return text.lower()


Address = Annotated[str, AfterValidator(_address)]
DelayText = Annotated[str, AfterValidator(_delay)]
ElapsedText = Annotated[str, AfterValidator(_elapsed)]
# "" for none
PerhapsElapsedText = Annotated[str, AfterValidator(_perhaps_elapsed)]
Text = Annotated[str, Field(min_length=1, max_length=500)]
