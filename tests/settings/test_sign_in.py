"""How a mailbox is signed in to: what the config may say, the ready blocks of known providers, and a kept token."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.edges.sign_in import Bearer, Password
from bot.edges.token_command import CommandTokens
from bot.edges.tokens import GrantedTokens
from bot.errors import SettingsError
from bot.packaged import packaged
from bot.settings import MailboxSettings, Settings, load, require_secrets, schema
from bot.settings.kept import TokenFile
from bot.watching import sign_in

EXAMPLE = packaged("config.example.toml").read_text(encoding="utf-8")
# A block begins with the line #[[mailbox]] and ends before the first line that is not commented out in this way.
BLOCK = re.compile(r"^#\[\[mailbox\]\]\n(?:#[^ \n].*\n)+", re.MULTILINE)
BLOCKS = {
    f"{index} {re.findall('name = .(.+).', block)[0]}": block for index, block in enumerate(BLOCK.findall(EXAMPLE))
}
MAILBOX = """
[[mailbox]]
name = "support"
host = "imap.acme.example"
user = "support@acme.example"
"""
GRANT = """
auth = "xoauth2"
[mailbox.oauth]
token_url = "https://login.acme.example/token"
client_id = "amends"
client_secret_env = "AMENDS_TEST_SECRET"
refresh_token_file = "first.token"
token_file = "kept/refresh.token"
scope = "imap offline"
"""


def settings(folder: Path, text: str) -> Settings:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def mailbox(folder: Path, access: str) -> MailboxSettings:
    (box,) = settings(folder, MAILBOX + access).mailboxes
    return box


# the ready blocks


def test_the_known_providers_are_all_there() -> None:
    hosts = {re.findall('host = "(.+)"', block)[0] for block in BLOCKS.values()}
    assert hosts == {
        "imap.gmail.com", "outlook.office365.com", "imap.fastmail.com", "imap.mail.me.com", "imap.mail.yahoo.com",
        "mail.acme.example",
    }  # fmt: skip
    assert EXAMPLE.count("#[[mailbox]]") == len(BLOCKS) == 9


@pytest.mark.parametrize("name", BLOCKS)
def test_a_ready_block_is_in_order_in_place_of_the_mailbox_of_the_example(tmp_path: Path, name: str) -> None:
    ready = re.sub("(?m)^#", "", BLOCKS[name])
    before, after = EXAMPLE.partition("[[mailbox]]  ")[0], EXAMPLE.partition("\n[network]")[2]
    (box,) = settings(tmp_path, f"{before}{ready}\n[network]{after}").mailboxes
    assert (box.port, box.tls, bool(box.sent)) == (993, "implicit", True)
    by = sign_in(box)
    assert isinstance(by, Bearer if "[mailbox.oauth]" in ready else Password)
    assert box.password.named == isinstance(by, Password)


def test_the_example_in_the_readme_is_in_order(tmp_path: Path) -> None:
    readme = Path(__file__).parent.parent.parent / "README.md"
    blocks = [block.partition("```")[0] for block in readme.read_text(encoding="utf-8").split("```toml\n")[1:]]
    mailboxes = [settings(tmp_path, block).mailboxes[0] for block in blocks if "[[mailbox]]" in block]
    assert mailboxes
    assert all(isinstance(sign_in(mailbox), Bearer) for mailbox in mailboxes)


# what the config says


def test_without_oauth_the_password_is_what_signs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_TEST_PASSWORD", "open sesame")
    by = sign_in(mailbox(tmp_path, 'password_env = "AMENDS_TEST_PASSWORD"'))
    assert isinstance(by, Password)
    assert by.reveal() == "open sesame"
    assert "sesame" not in repr(by)


def test_a_grant_is_read_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    box = mailbox(tmp_path, GRANT)
    assert box.oauth is not None
    assert (box.oauth.mechanism, box.oauth.grant, box.oauth.scope) == ("XOAUTH2", "refresh_token", "imap offline")
    assert (box.oauth.token_url, box.oauth.client_id) == ("https://login.acme.example/token", "amends")
    assert (box.oauth.client_secret.env, box.oauth.refresh_token.file) == (
        "AMENDS_TEST_SECRET", tmp_path / "first.token",
    )  # fmt: skip
    assert box.oauth.token_file == TokenFile(
        tmp_path / "kept" / "refresh.token", "mailbox[1].oauth.token_file", f"{tmp_path / 'config.toml'}:13"
    )
    by = sign_in(box)
    assert isinstance(by, Bearer)
    assert isinstance(by.tokens, GrantedTokens)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ('"helper --for \'Mo M\' x"', ("helper", "--for", "Mo M", "x")), ('["helper", "a b"]', ("helper", "a b")),
        ('"/opt/helper"', ("/opt/helper",)), ('"tools/helper now"', ("{base}/tools/helper", "now")),
    ],
)  # fmt: skip
def test_a_token_command_is_a_text_or_a_list_and_its_program_is_found_beside_the_file(
    tmp_path: Path, told: str, meant: tuple[str, ...]
) -> None:
    box = mailbox(tmp_path, f'auth = "oauthbearer"\n[mailbox.oauth]\ntoken_command = {told}\n')
    assert box.oauth is not None
    assert box.oauth.token_command == tuple(word.replace("{base}", str(tmp_path)) for word in meant)
    by = sign_in(box)
    assert isinstance(by, Bearer)
    assert by.mechanism == "OAUTHBEARER"
    assert isinstance(by.tokens, CommandTokens)


OF_OAUTH = st.sampled_from(sorted(schema.OAuthTable.model_fields))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(OF_OAUTH, inner),
    max_leaves=8,
)


@given(told=ANYTHING)
def test_whatever_stands_under_oauth_is_checked_and_never_a_crash(told: object) -> None:
    box = {"name": "a", "host": "h", "user": "u", "auth": "xoauth2", "oauth": told}
    config, problems = schema.validate({"mailbox": [box]})
    assert config is not None or problems


# secrets


def test_every_secret_of_oauth_is_looked_for_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMENDS_TEST_SECRET", raising=False)
    found = settings(tmp_path, MAILBOX + GRANT)
    with pytest.raises(SettingsError) as caught:
        require_secrets(found)
    said = str(caught.value).split("\n")
    assert [line.split(": ")[1] for line in said] == [
        "mailbox[1].oauth.client_secret_env", "mailbox[1].oauth.refresh_token_file",
    ]  # fmt: skip
    monkeypatch.setenv("AMENDS_TEST_SECRET", "hush")
    (tmp_path / "first.token").write_text("refresh-1\n")
    require_secrets(found)
    assert not re.search("hush|refresh-1", f"{found!r} {sign_in(found.mailboxes[0])!r}")


def test_a_token_file_alone_must_hold_a_token(tmp_path: Path) -> None:
    found = settings(tmp_path, MAILBOX + re.sub("(?m)^(client_secret|refresh_token)_.*$", "", GRANT))
    with pytest.raises(SettingsError, match=r"token_file: there is no refresh token in .*refresh\.token\. Sign in"):
        require_secrets(found)
    (tmp_path / "kept").mkdir()
    TokenFile(tmp_path / "kept" / "refresh.token").keep("refresh-1")
    require_secrets(found)
    (tmp_path / "kept" / "refresh.token").chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        require_secrets(found)


def test_a_command_or_a_client_by_itself_needs_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_TEST_SECRET", "hush")
    by_itself = re.sub("(?m)^(refresh_token|token)_file.*$", "", GRANT) + 'grant = "client_credentials"\n'
    require_secrets(settings(tmp_path, MAILBOX + by_itself))
    require_secrets(settings(tmp_path, MAILBOX + 'auth = "xoauth2"\n[mailbox.oauth]\ntoken_command = "helper"\n'))


# a kept token


def test_what_is_kept_is_read_again_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "refresh.token")
    assert file.reveal() == ""
    for token in ("refresh-1", "refresh-2"):
        file.keep(token)
        assert file.reveal() == token
    assert stat.S_IMODE((tmp_path / "refresh.token").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["refresh.token"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o660])
def test_a_token_that_others_may_use_is_not_taken(tmp_path: Path, mode: int) -> None:
    file = TokenFile(tmp_path / "refresh.token", "mailbox[1].oauth.token_file", "config.toml:7")
    file.keep("refresh-1")
    file.path.chmod(mode)
    with pytest.raises(SettingsError) as caught:
        file.reveal()
    assert str(caught.value) == (
        f"config.toml:7: mailbox[1].oauth.token_file: others than its owner may use {file.path}. "
        f"Run: chmod 600 {file.path}"
    )


def test_a_token_that_cannot_be_written_leaves_the_old_one_and_nothing_beside_it(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "refresh.token", "token_file")
    file.keep("refresh-1")
    with pytest.raises(UnicodeEncodeError):
        file.keep("refresh-€")
    assert [path.name for path in tmp_path.iterdir()] == ["refresh.token"]
    assert file.reveal() == "refresh-1"
    with pytest.raises(SettingsError, match=r"nowhere/refresh\.token cannot be written: No such file or directory\."):
        TokenFile(tmp_path / "nowhere" / "refresh.token").keep("refresh-2")


def test_a_link_to_the_token_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    real, link = TokenFile(tmp_path / "vault" / "token"), TokenFile(tmp_path / "refresh.token")
    real.keep("refresh-1")
    link.path.symlink_to(real.path)
    link.keep("refresh-2")
    assert link.path.is_symlink()
    assert real.reveal() == "refresh-2"


@pytest.mark.parametrize(("held", "said"), [(b"\xff\xfe", "holds no token"), (b"\n", "")])
def test_a_file_without_a_token_is_told_or_empty(tmp_path: Path, held: bytes, said: str) -> None:
    file = TokenFile(tmp_path / "refresh.token")
    file.keep("refresh-1")
    file.path.write_bytes(held)
    if not said:
        assert file.reveal() == ""
        return
    with pytest.raises(SettingsError, match=said):
        file.reveal()
