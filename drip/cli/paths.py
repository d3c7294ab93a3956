"""Which clinic's folder the paths that were typed are in, and what they are about."""

from pathlib import Path

from drip.cli.show import Complaint


def home_of(paths: list[Path] | None) -> Path | None:
    """The clinic's folder that the given paths are in, when they point to one."""
    homes = [_home_of(path) for path in paths or ()]
    if len(set(homes)) > 1:
        raise Complaint("these paths are not all in one clinic's folder", 2)
    return homes[0] if homes else None


def _home_of(path: Path) -> Path | None:
    from drip.cli.opening import home

    if not path.exists():
        raise Complaint(f"there is no {path}", 2)
    here = path.resolve()
    found = next((parent for parent in (here, *here.parents) if (parent / "clinic.yaml").is_file()), None)
    if found is None and not here.is_relative_to(home().resolve()):
        raise Complaint(f"{path} is not in a clinic's folder: there is no clinic.yaml above it", 2)
    return found


def concerns(finding_path: str, paths: list[Path] | None, home: Path) -> bool:
    """Whether a finding is about one of the given paths; all are when none are given."""
    if not paths:
        return True
    at = (home / finding_path).resolve()
    return any(at == path.resolve() or path.resolve() in at.parents for path in paths)
