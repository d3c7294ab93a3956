"""What the package brings along: sequences, templates, an example clinic, sample bookings."""

import shutil
from pathlib import Path

PACKAGE = Path(__file__).parent.parent


def shipped(name: str) -> Path:
    """A shipped file or folder: beside the package in a checkout, inside it when installed from a wheel."""
    inside = PACKAGE / "shipped" / name
    return inside if inside.exists() else PACKAGE.parent / name


def samples() -> Path:
    """Invented bookings, for the demo."""
    return PACKAGE / "samples" / "bookings.jsonl"


def copy_into(folder: Path) -> None:
    """A new clinic's folder: what it may change, and `.env` with comments and a key of its own."""
    from drip.settings import make_key

    folder.mkdir(parents=True, exist_ok=True)
    for name in ("clinic.yaml", "sequences", "templates"):
        source = shipped(name)
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copyfile(source, folder / name)
    (folder / ".gitignore").write_text(IGNORED)
    tell_editors(folder)
    env = folder / ".env"
    env.touch(mode=0o600)
    env.write_text(ENV.format(key=make_key()))


def tell_editors(folder: Path) -> None:
    """Put the schema of sequences where an editor finds it."""
    from drip.content.json_schema import FILE, as_file

    (folder / FILE).write_text(as_file(), encoding="utf-8")
    (folder / ".vscode").mkdir()
    (folder / ".vscode" / "settings.json").write_text(EDITOR)


ENV = """\
# Settings of this clinic's drip. Keep this file to yourself: it holds the key to your patients' data.

# Where everything is kept. SQLite needs nothing installed and serves one worker; PostgreSQL serves many:
# DRIP_DATABASE_URL=postgresql://user:password@host/database
DRIP_DATABASE_URL=sqlite:///drip.db

# The key that seals names, addresses, conditions and messages. Lose it, and they cannot be read any more.
DRIP_ENCRYPTION_KEYS={key}

# Who carries the messages. `folder` writes them into DRIP_OUTBOX and reaches nobody.
DRIP_EMAIL_PROVIDER=folder
DRIP_SMS_PROVIDER=folder
DRIP_OUTBOX=outbox

# Until DRIP_LIVE=1, real providers only reach these recipients.
# DRIP_ALLOW_LIST=you@example.org,+447700900123
# DRIP_LIVE=1
"""

EDITOR = """\
{"yaml.schemas": {"./sequence.schema.json": "sequences/*.yaml"}}
"""
"""For VS Code's YAML extension: which files the schema beside it explains."""

IGNORED = """\
# The key to patients' data, the data, and their messages: never in version control.
.env
.drip-key
*.db
*.db-shm
*.db-wal
outbox/
spool/
"""
