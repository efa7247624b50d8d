"""Two processes share a limit while their server is killed: the program itself compares with what is promised. And two
of C, with a server and without one."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = ["cargo", "run", "--locked", "--quiet", "-p", "resil-examples", "--bin", "shared_limit"]


class SharedLimit(unittest.TestCase):
    def test_no_more_is_granted_than_is_promised_and_both_go_on(self) -> None:
        if shutil.which("redis-server") is None:
            print("*** SKIPPED: no redis-server here: the shared limit was not tried ***", file=sys.stderr)
            return
        run = subprocess.run(PROGRAM, cwd=ROOT, capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        rows = [line.split() for line in run.stdout.splitlines() if line.startswith("  ") and " s " in line]
        # until, "s", then store and rescue of each.
        rows = [row for row in rows if len(row) == 7]
        self.assertEqual(len(rows), 12, run.stdout)
        for column, what in ((2, "store"), (3, "rescue"), (4, "store"), (5, "rescue")):
            self.assertGreater(sum(int(row[column]) for row in rows), 0, f"{what}: {run.stdout}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False


class SharedLimitInC(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        subprocess.run(["cargo", "build", "--locked", "--quiet", "-p", "resil-ffi"], cwd=ROOT, check=True)
        target = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
        cls.folder = tempfile.TemporaryDirectory()
        cls.program = f"{cls.folder.name}/shared_limit"
        compiler = [os.environ.get("CC", "cc"), "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}"]
        sources = [str(ROOT / "examples/c/shared_limit.c"), str(target / "debug/libresil.a")]
        subprocess.run([*compiler, *sources, "-lpthread", "-ldl", "-lm", "-o", cls.program], check=True)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def granted_at(self, port: int) -> list[tuple[int, int]]:
        """How often each process was granted by the store, and by itself."""
        url = f"redis://127.0.0.1:{port}/"
        run = subprocess.run([self.program, url], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        found = re.findall(r"^(\d+) by the store, (\d+) by its own part$", run.stdout, re.MULTILINE)
        self.assertEqual(len(found), 2, run.stdout)
        return [(int(store), int(rescue)) for store, rescue in found]

    def test_each_process_has_its_part_of_the_limit_where_there_is_no_server(self) -> None:
        # Half of 200 a second and of a burst of 20; a machine that is busy grants less.
        for store, rescue in self.granted_at(free_port()):
            self.assertEqual(store, 0)
            self.assertGreater(rescue, 10)

    def test_both_are_granted_by_one_server(self) -> None:
        server = os.environ.get("RESIL_REDIS_SERVER", "redis-server")
        if shutil.which(server) is None:
            print("*** SKIPPED: no redis-server here: the limit shared in C was not tried ***", file=sys.stderr)
            return
        port = free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        running = subprocess.Popen([server, *options, "--dir", self.folder.name], stdout=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 20
            while not answers(port):
                self.assertLess(time.monotonic(), until, "the server does not start")
                time.sleep(0.01)
            for store, _ in self.granted_at(port):
                self.assertGreater(store, 0)
        finally:
            running.kill()
            running.wait()


if __name__ == "__main__":
    unittest.main()
