"""A copy of the tree to plant defects in, and the models of a checker built and run there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
DEFECTS = ROOT / "tests" / "defects"


def copied_tree(name: str) -> Path:
    """The tree as it stands, uncommitted changes included, in a folder of that name under the target folder.

    Files that are the same there are left alone, so that only what differs is built again.
    """
    tree = TARGET / "scratch" / name
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout
    wanted = {Path(file) for file in listed.split("\0") if file and (ROOT / file).is_file()}
    if tree.exists():
        for file in [path for path in tree.rglob("*") if path.is_file()]:
            if file.relative_to(tree) not in wanted:
                file.unlink()
    for file in wanted:
        source, copy = ROOT / file, tree / file
        if not copy.exists() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
    return tree


def environment(checker: str) -> dict[str, str]:
    """As ci/models sets it, so that what it built of others is used again."""
    flags = f"--cfg resil_{checker} -C debug-assertions {os.environ.get('RUSTFLAGS', '')}"
    return os.environ | {
        "CARGO_TARGET_DIR": str(TARGET / checker),
        "CARGO_PROFILE_RELEASE_LTO": "off",
        "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
        "CARGO_INCREMENTAL": "1",
        "RUSTFLAGS": flags,
        "RUST_BACKTRACE": "0",
        "LOOM_MAX_PREEMPTIONS": os.environ.get("LOOM_MAX_PREEMPTIONS", "2"),
        "LOOM_MAX_BRANCHES": os.environ.get("LOOM_MAX_BRANCHES", "20000"),
    }


def build(tree: Path, checker: str, tests: list[str], profile: str) -> dict[str, str]:
    """Builds these tests, `lib` being the library's own; answers where each is. Ends the program if it cannot."""
    which = [word for test in tests for word in (["--lib"] if test == "lib" else ["--test", test])]
    command = ["cargo", "test", "--profile", profile, "--locked", "-p", "resil-core", "--no-run", *which]
    built = subprocess.run(
        [*command, "--message-format=json"], cwd=tree, env=environment(checker), capture_output=True, text=True
    )
    if built.returncode != 0:
        print(built.stderr, file=sys.stderr)
        sys.exit(f"{tree.name}: does not build, which shows nothing")
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    found = {}
    for message in messages:
        if message.get("executable") and message["profile"]["test"]:
            name = "lib" if "lib" in message["target"]["kind"] else message["target"]["name"]
            found[name] = message["executable"]
    return found


def failing_model(
    executable: str, checker: str, only: list[str], extra: dict[str, str], seconds: int = 600
) -> str | None:
    """The first model that fails, of those whose names begin so; None if all pass.

    A deadlock or a model that spins ends the process without naming it, so each runs in a process of its own.
    """
    env = environment(checker) | extra
    listed = subprocess.run([executable, "--list", "--format=terse"], env=env, capture_output=True, text=True)
    names = [line.removesuffix(": test") for line in listed.stdout.splitlines() if line.endswith(": test")]
    for name in [name for name in names if any(name.startswith(begin) for begin in only)]:
        command = [executable, "--exact", name, "--test-threads=1"]
        try:
            ran = subprocess.run(command, env=env, capture_output=True, text=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            print(f"    {name} took more than {seconds} s: taken as passed")
            continue
        if ran.returncode != 0:
            return name
        if "1 passed" not in ran.stdout:
            sys.exit(f"{name} was not run:\n{ran.stdout}{ran.stderr}")
    return None
