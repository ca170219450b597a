"""Which way a command's steps are run: as a Prefect flow, or at once in this process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit, urlunsplit

from stylecore.errors import StyleError

Choice = Literal["auto", "on", "off"]
CHOICES = get_args(Choice)
ANSWER_SECONDS = 10.0
API_VARIABLE = "PREFECT_API_URL"


class PrefectError(StyleError):
    """Prefect's API cannot be reached, or a private server not started."""

    exit_status = 6


@dataclass(frozen=True)
class Way:
    """How the steps are run."""

    is_flow: bool
    """As a Prefect flow; else in this process."""
    api: str | None
    """Its API; None where a private server is started."""
    described: str


def way_of(choice: Choice) -> Way:
    """What a choice means here.

    ``auto`` is a flow where an API is configured; ``on`` starts a private server where none is.
    """
    if choice == "off":
        return Way(False, None, "in this process")
    api = configured_api()
    if api is not None:
        return Way(True, api, f"a Prefect flow, told to {without_password(api)}")
    if choice == "on":
        return Way(True, None, "a Prefect flow, on a private server")
    return Way(False, None, "in this process, since no Prefect API is configured")


@contextmanager
def prefect_ready(way: Way) -> Iterator[None]:
    """While the context lasts, flows can be run the way that is meant.

    Raises:
        PrefectError: the API does not answer, now or later, or no private server can be started.
    """
    if way.api is None:
        from flows.private_server import private_server

        with private_server() as variables, _environment(variables):
            yield
        return
    import httpx

    silent = PrefectError(
        f"Prefect's API at {without_password(way.api)} does not answer. All finished frames are "
        "kept; start the server and run the same command again, or give --prefect off."
    )
    url = f"{way.api.rstrip('/')}/health"
    try:
        # Any answer will do: whether it is a good one is for Prefect to find out.
        httpx.get(url, timeout=ANSWER_SECONDS)
        yield
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise silent from error


def configured_api() -> str | None:
    """The API that Prefect is configured to use: by a variable, a profile or a file."""
    if url := os.environ.get(API_VARIABLE):
        return url
    if not any(map(_may_configure, _configuration_files())):
        return None  # found out without Prefect, which takes a second to be imported
    from prefect.settings import get_current_settings

    return get_current_settings().api.url


def prefect_home() -> Path:
    """Folder of Prefect's settings and records."""
    return Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect").expanduser()


def _configuration_files() -> tuple[Path, ...]:
    """Where Prefect looks for settings; what another program keeps there has none of them."""
    profiles = os.environ.get("PREFECT_PROFILES_PATH")
    return (
        Path(profiles).expanduser() if profiles else prefect_home() / "profiles.toml",
        Path("prefect.toml"),
        Path("pyproject.toml"),
        Path(".env"),
    )


def _may_configure(path: Path) -> bool:
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return False
    is_prefects = path.stem == "prefect" or "[tool.prefect" in text
    return API_VARIABLE in text or (is_prefects and "url" in text)


def without_password(url: str) -> str:
    """An address as it may be shown."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Sets variables for the flows that are run meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    _read_again()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        _read_again()


def _read_again() -> None:
    """Prefect reads its settings when it is imported, and some of its threads see no others."""
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()
