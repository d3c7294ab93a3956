"""From files on disk to a publication, with every refusal before anything is written."""

from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from drip.app import App
from drip.cli.hearing import hears
from drip.cli.opening import home, opened
from drip.cli.paths import concerns, home_of
from drip.cli.show import Complaint, note
from drip.content.check import check
from drip.content.folder import Folder, LoadedFile, read_folder
from drip.flows.publish import InFlight, Publication, Result, fingerprint, publish, refusal
from drip.flows.write_out import behind
from drip.store import enrolments, references


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was typed."""

    by: str
    approved_by: str
    in_flight: str
    patients: str
    """References with commas, or `@` and a file with one a line."""
    safety_fix: bool
    expect: str
    late: str = "skip"
    """What becomes of messages whose new time is over: skip or send."""
    force: bool = False
    """Also over what was published in the console and is not in the files."""

    def refuse(self) -> None:
        """Complain of what does not go together."""
        if self.in_flight not in list(InFlight):
            raise Complaint(f"--in-flight {self.in_flight!r}: choose pin, follow or migrate", 2)
        if self.late not in ("skip", "send"):
            raise Complaint(f"--late {self.late!r}: choose skip or send", 2)
        if self.late == "send" and self.in_flight == InFlight.PIN and not self.safety_fix:
            raise Complaint("--late send is about people who follow: add --in-flight follow", 2)
        is_for_some = self.in_flight == InFlight.MIGRATE
        if is_for_some and not self.patients and not self.safety_fix:
            raise Complaint("--in-flight migrate: say who with --patients REF,REF or --patients @FILE", 2)
        if self.patients and (self.safety_fix or not is_for_some):
            why = "a safety fix is for everybody" if self.safety_fix else "add --in-flight migrate"
            raise Complaint(f"--patients chooses who is migrated: {why}", 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was published, or would be."""

    results: list[Result]
    fingerprint: str
    folder: Folder
    at: datetime
    is_dry_run: bool
    is_safety_fix: bool


def publish_files(paths: list[Path] | None, wish: Wish, dry_run: bool, now: datetime) -> Published:
    """Publish these files, or say why not: all or none."""
    wish.refuse()
    where = home_of(paths) or home()
    folder = read_folder(where)
    files = [file for file in folder.sequences if concerns(file.path, paths, where)]
    if not files:
        raise Complaint(f"there is no sequence file to publish in {where / 'sequences'}", 2)
    _refuse_broken(folder, files, now.date())
    seen = fingerprint(folder, files)
    _refuse_unexpected(wish.expect, seen)
    with opened() as app:
        how = _how(app, wish, files)
        _refuse(app, files, how, dry_run=dry_run)
        if not wish.force:
            _refuse_older(app, folder, files, dry_run=dry_run)
        with app.store.rehearse() if dry_run else nullcontext(app.store) as store:
            results = publish(replace(app, store=store), folder, files, how, now)
    return Published(
        results=results,
        fingerprint=seen,
        folder=folder,
        at=now,
        is_dry_run=dry_run,
        is_safety_fix=wish.safety_fix,
    )


def _refuse(app: App, files: list[LoadedFile], how: Publication, *, dry_run: bool) -> None:
    """Who approves wants to see first what it would come to: a dry run only says what is still missing."""
    for file in files:
        why = refusal(app, file, how)
        if why and dry_run:
            note(f"warning: this would be refused: {why}")
        elif why:
            raise Complaint(why, 2 if "two different" in why else 1)


def _refuse_older(app: App, folder: Folder, files: list[LoadedFile], *, dry_run: bool) -> None:
    """What was published in the console is not in the files by itself: nobody takes it back without knowing."""
    with app.store.read() as tx:
        found = behind(tx, folder, files)
    if not found:
        return
    named = ", ".join(f"{one.sequence} (version {one.number})" for one in found)
    why = (
        f"the files lack what was published in the console: {named}. "
        "Run `drip write-out` first, or add --force to take it back"
    )
    if not dry_run:
        raise Complaint(why, 1)
    note(f"warning: this would be refused: {why}")


def _refuse_unexpected(expected: str, seen: str) -> None:
    if expected and expected != seen:
        message = f"these are not the words that were approved: --expect {expected}, but the files are now {seen}"
        raise Complaint(f"{message}. See what changed with `drip publish --dry-run`", 1)


def _refuse_broken(folder: Folder, files: list[LoadedFile], today: date) -> None:
    """Only what is wrong with these files, or with what all of them use, stops them."""
    mine = {file.path for file in files} | {"clinic.yaml"}
    ids = {file.sequence.id for file in files if file.sequence}
    errors = [
        finding
        for finding in check(folder, today, hears(folder.clinic))
        if finding.level == "error" and (finding.path in mine or _is_used(finding.path, ids))
    ]
    if errors:
        lines = "\n".join(str(finding) for finding in errors)
        raise Complaint(f"nothing was published; mend this first:\n{lines}", 1)
    waiting = [file.path for file in files if file.sequence and file.sequence.review.is_awaited]
    if waiting:
        note(f"warning: awaiting approval, so never sent live: {', '.join(waiting)}")


def _is_used(path: str, ids: set[str]) -> bool:
    parts = Path(path).parts
    return len(parts) > 1 and parts[0] == "templates" and parts[1] in ids | {"shared", "layouts"}


def _how(app: App, wish: Wish, files: list[LoadedFile]) -> Publication:
    return Publication(
        by=wish.by,
        approved_by=wish.approved_by,
        in_flight=InFlight(wish.in_flight),
        safety_fix=wish.safety_fix,
        sends_late=wish.late == "send",
        only=_chosen(app, _references(wish.patients), files) if wish.patients else None,
    )


def _references(typed: str) -> list[str]:
    if not typed.startswith("@"):
        return [ref.strip() for ref in typed.split(",") if ref.strip()]
    try:
        lines = Path(typed[1:]).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise Complaint(f"--patients {typed}: the file cannot be read ({type(problem).__name__})", 2) from None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _chosen(app: App, wanted: list[str], files: list[LoadedFile]) -> frozenset[str]:
    """Exactly these patients. Whoever is in none of the sequences is named: they may have been meant for another."""
    with app.store.read() as tx:
        known = references.known_as(tx, wanted)
        inside = {one for file in files if file.sequence for one in enrolments.in_sequence(tx, file.sequence.id)}
    for ref, found in known.items():
        if not found:
            raise Complaint(f"nobody is known as {ref!r}; `drip messages` lists references", 1)
        if len(found) > 1:
            choices = ", ".join(sorted(f"{source}:{ref}" for _, source in found))
            raise Complaint(f"{ref!r} is known to several booking systems; choose one of {choices}", 2)
    outside = sorted(ref for ref, found in known.items() if found[0][0] not in inside)
    if outside:
        note(f"warning: in none of these sequences now, so nothing changes for: {', '.join(outside)}")
    return frozenset(found[0][0] for found in known.values())
