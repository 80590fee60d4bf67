"""What every part of a `portal.yaml` is made of: closed types, texts per language, keys, colours, addresses, lengths of time.

Must never take a value that was not written in the form it names.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Text = dict[str, str]
"""One text in every language of the company: `{en: ..., de: ...}`; completeness is checked by `portal.config.checks`."""

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
HostName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]
HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s\"'<>\\]+$")]
FrameOrigin = Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\r\n\x00-\x1f\u2028\u2029]{1,300}$")]
Duration = Annotated[str, StringConstraints(pattern=r"^\d+ (hours?|days?|weeks?|months?|years?)$")]
CollectionRef = Annotated[str, StringConstraints(pattern=r"^[^.\s]+\.[^.\s]+$")]
"""`dataset.collection`, as in a Fideslang map."""


class Part(BaseModel):
    """The base of all parts: closed (an unknown key is an error) and never changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Secret(Part):
    """A value that stands in the environment: variable `env`, or the file that `<env>_FILE` names."""

    env: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
