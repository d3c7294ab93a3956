"""From files on disk to a publication, with every refusal before anything is written."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from drip.app import App
from drip.cli.hearing import hears
from drip.cli.listing import one_patient
from drip.cli.opening import home, opened
from drip.cli.paths import concerns, home_of
from drip.cli.show import Complaint, note
from drip.content.check import check
from drip.content.folder import Folder, LoadedFile, read_folder
from drip.flows.publish import InFlight, Publication, Result, publish, refusal


def publish_files(
    paths: list[Path] | None,
    by: str,
    approved_by: str,
    in_flight: str,
    patients: str,
    safety_fix: bool,
    dry_run: bool,
    now: datetime,
) -> list[Result]:
    """Publish these files, or say why not: all or none."""
    if in_flight not in list(InFlight):
        raise Complaint(f"--in-flight {in_flight!r}: choose pin, follow or migrate", 2)
    where = home_of(paths) or home()
    folder = read_folder(where)
    files = [file for file in folder.sequences if concerns(file.path, paths, where)]
    if not files:
        raise Complaint(f"there is no sequence file to publish in {where / 'sequences'}", 2)
    _refuse_broken(folder, files, now.date())
    with opened() as app:
        how = Publication(
            by=by,
            approved_by=approved_by,
            in_flight=InFlight(in_flight),
            safety_fix=safety_fix,
            only=_ids(app, patients) if patients else None,
        )
        for file in files:
            if why := refusal(app, file, how):
                raise Complaint(why, 2 if "two different" in why else 1)
        with app.store.rehearse() if dry_run else nullcontext(app.store) as store:
            return publish(replace(app, store=store), folder, files, how, now)


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


def _ids(app: App, references: str) -> frozenset[str]:
    with app.store.read() as tx:
        return frozenset(one_patient(tx, reference.strip()).id for reference in references.split(","))
