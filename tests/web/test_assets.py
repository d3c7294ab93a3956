"""The console's scripts are the ones that were looked at: pinned, with their sums and their licences."""

import gzip
import hashlib
import json
from pathlib import Path

from drip.web.console import pages

ASSETS = Path(pages.__file__).parent / "assets"


def test_every_script_of_others_is_the_one_whose_sum_is_written_down() -> None:
    lines = (line.split() for line in (ASSETS / "SHA256SUMS").read_text().splitlines())
    sums = {name: told for told, name in lines}
    assert sums == {name: hashlib.sha256((pages.STATIC / name).read_bytes()).hexdigest() for name in sums}
    assert {"editor.js", "htmx.min.js"} <= sums.keys()


def test_what_they_are_built_from_is_pinned_and_names_no_registry() -> None:
    lock = (ASSETS / "package-lock.json").read_text()
    packages = {name: one for name, one in json.loads(lock)["packages"].items() if name}
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    assert "resolved" not in lock
    named = json.loads((ASSETS / "package.json").read_text())
    wanted = named["dependencies"] | named["devDependencies"]
    assert all(packages[f"node_modules/{name}"]["version"] == version for name, version in wanted.items())


def test_whose_they_are_is_told_beside_them() -> None:
    told = (pages.STATIC / "THIRD_PARTY.txt").read_text()
    packages = json.loads((ASSETS / "package-lock.json").read_text())["packages"]
    shipped = [name for name in packages if name and "esbuild" not in name]
    assert [name for name in shipped if name.removeprefix("node_modules/") + " " not in told] == []


def test_a_script_is_packed_for_whoever_unpacks_it() -> None:
    digest = pages.address("editor.js").split("/")[-2]
    packed, plain = pages.static(digest, "editor.js", "br, gzip"), pages.static(digest, "editor.js")
    assert packed
    assert plain
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(bytes(packed.body)) == bytes(plain.body)
    assert len(packed.body) < 150_000
