"""Where a ledger is: files, URLs, variables; and no word of a password."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL

from reporter.auditing.ledger.address import address
from reporter.errors import LedgerError


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "USER_NAME": "an/na",
        "SECRET": "p@s:s/w%rd?#$X[",
        "PLACE": "db.example",
        "PORT": "6543",
        "NAME": "nights",
    }
    for name, value in {**values, "WHOLE": "postgresql://u:hush@db.example/nights", "EMPTY": ""}.items():
        monkeypatch.setenv(name, value)


def url(text: str) -> URL:
    place = address(text, Path("/audits")).place
    assert isinstance(place, URL)
    return place


def test_a_file_starts_at_the_folder() -> None:
    assert address("ledger.sqlite", Path("/audits")).place == Path("/audits/ledger.sqlite")
    assert address("/srv/x.sqlite", Path("/audits")).place == Path("/srv/x.sqlite")
    assert address("sqlite:///x.sqlite", Path("/audits")).place == Path("/audits/x.sqlite")
    assert address("sqlite:////srv/x.sqlite", Path("/audits")).place == Path("/srv/x.sqlite")
    assert address("$NAME-${PORT}.sqlite", Path("/audits")).place == Path("/audits/nights-6543.sqlite")
    assert address(Path("$NAME"), Path("/audits")).place == Path("/audits/$NAME")


def test_a_link_and_what_it_points_to_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real.sqlite")
    assert address("link", tmp_path).place == address("real.sqlite", tmp_path).place


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+pg8000", "postgres"])
def test_a_url_is_of_pg8000_and_filled_from_the_environment(scheme: str) -> None:
    found = url(f"{scheme}://$USER_NAME:${{SECRET}}@$PLACE:$PORT/$NAME?sslmode=require")
    assert found.drivername == "postgresql+pg8000"
    assert (found.username, found.password) == ("an/na", "p@s:s/w%rd?#$X[")
    assert (found.host, found.port, found.database) == ("db.example", 6543, "nights")
    assert found.query == {"sslmode": "require"}
    assert url("$WHOLE").password == "hush"


def test_what_is_shown_holds_no_user_and_no_password() -> None:
    found = address("postgresql://$USER_NAME:$SECRET@$PLACE:$PORT/$NAME?password=hush", Path())
    assert found.name == "postgresql://db.example:6543/nights"
    assert repr(found) == "Address(name='postgresql://db.example:6543/nights')"
    assert address("$WHOLE", Path()).name == "postgresql://db.example/nights"
    assert address("$SECRET.sqlite", Path("/audits")).name == "/audits/$SECRET.sqlite"


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "$EMPTY", "postgresql:/u:hush@host/db", "u:hush@host/db", "postgresql://u:hu@hush@host/db",
        "postgresql://u:hush@host:hush/db", "mysql://u:hush@host/db", "postgresql+psycopg2://u:hush@host/db", "://hush",
        "sqlite://", "sqlite:///:memory:", "sqlite://hush/x", "postgresql://u:$ABSENT@host/db", "postgresql://u:hush",
        "postgresql://u:pa$hush@host/db", "postgresql://u:$hush/x@host/db", "$ABSENT", "a\0b",
    ],
)  # fmt: skip
def test_what_is_neither_is_refused_without_saying_what_it_says(text: str) -> None:
    with pytest.raises(LedgerError) as caught:
        address(text, Path("/audits"))
    error: BaseException | None = caught.value
    while error is not None:
        assert "hush" not in str(error)
        error = error.__cause__
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["$ABSENT", "logs/$ABSENT.sqlite", "postgresql://u:$ABSENT@host/db", "postgresql://$ABSENT:x@host/db"]
)
def test_a_variable_that_is_absent_is_named(text: str) -> None:
    with pytest.raises(LedgerError, match=r"names \$ABSENT, which is not in the environment"):
        address(text, Path())


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_any_password_comes_through_a_variable(password: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET", password)
        assert url("postgresql://u:$SECRET@host/db").password == password
