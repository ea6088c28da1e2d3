"""What Scripts/bench measures; python3's standard library only."""

import argparse
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.request

PARTS = ["journal", "start", "tables", "buckets", "resume", "aws"]
ROW_PADDING = "x" * 60


def say(text=""):
    print(text, flush=True)


def row(what, values, unit, note=""):
    """One line of the table: the median, and the smallest and the largest beside it."""
    middle = statistics.median(values)
    spread = f"{min(values):,.1f} … {max(values):,.1f}"
    say(f"  {what:<46} {middle:>11,.1f} {unit:<7} {spread:>24}  {note}".rstrip())


class Run:
    """A finished child: seconds, those of processors, peak resident megabytes, what it said."""

    def __init__(self, arguments, quiet=False, **options):
        with open(os.path.join(FOLDER, "child.out"), "wb+") as out:
            begun = time.perf_counter()
            child = subprocess.Popen(
                arguments, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)
            _, status, usage = os.wait4(child.pid, 0)
            self.seconds = time.perf_counter() - begun
            child.returncode = os.waitstatus_to_exitcode(status)
            self.code = child.returncode
            self.cpu = usage.ru_utime + usage.ru_stime
            self.megabytes = usage.ru_maxrss / 1024
            out.seek(0)
            self.text = out.read().decode(errors="replace")
        if self.code != 0 and not quiet:
            sys.exit(f"{arguments} ended with {self.code}:\n{self.text[-2000:]}")


def cutover(*arguments, **options):
    return Run([os.path.join(BINARIES, "cutover"), *arguments], **options)


def path(*names):
    return os.path.join(FOLDER, *names)


def fresh(*names):
    """A path at which nothing is, in a folder that is there."""
    place = path(*names)
    shutil.rmtree(place, ignore_errors=True)
    for end in ["", "-wal", "-shm", "-journal"]:
        if os.path.exists(place + end):
            os.remove(place + end)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    return place


def flush_disks():
    """What former measurements left to be written would be charged to the next one."""
    os.sync()


def playbook(action, inputs):
    return json.dumps({
        "playbook": 1, "environment": "bench",
        "colors": {"blue": {"name": "blue"}, "green": {"name": "green"}},
        "steps": [{"id": "copy", "uses": action, "with": inputs}],
    })


def roll(action, inputs, name):
    """Runs a playbook of one step: the run, and the seconds of its copy and of its verification."""
    folder = fresh("rollouts", name)
    os.makedirs(folder)
    book = os.path.join(folder, "bench.json5")
    journal = os.path.join(folder, "journal.db")
    with open(book, "w") as file:
        file.write(playbook(action, inputs))
    flush_disks()
    run = cutover("run", book, "--yes", "--live", "blue", "--journal", journal)
    copied, verified = spans(journal)
    return run, copied, verified


def spans(journal):
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as base:
        times = dict(base.execute(
            "SELECT kind, (julianday(at) - 2440587.5) * 86400 FROM fact ORDER BY sequence"))
    return times["applied"] - times["planned"], times["verified"] - times["applied"]


def bench_journal():
    count = 2000 if QUICK else 10_000
    say(f"\njournal: {count:,} facts, one transaction with one fsync each (synchronous = FULL)")
    p50, p99, plain = [], [], []
    for number in range(RUNS):
        text = facts(fresh("journal", "facts.db"), count).split()
        p50.append(int(text[0]) / 1000)
        p99.append(int(text[1]) / 1000)
        plain.append(fsync_median(count // 10))
    row("a transition, p50", p50, "ms")
    row("a transition, p99", p99, "ms")
    row("for comparison: 4 KiB appended and fsynced, p50", plain, "ms")


def fsync_median(count):
    times = []
    with open(fresh("journal", "plain"), "wb") as file:
        for _ in range(count):
            begun = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def facts(place, count):
    text = playbook("tables.copy", {"from": "sqlite:///a#t", "to": "sqlite:///b#t"})
    return Run([os.path.join(BINARIES, "Bench"), place, str(count), text]).text


def bench_start():
    count = 10_000 if QUICK else 100_000
    # Made in memory where that can be: nobody waits for its fsyncs, since only reading is measured.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else FOLDER
    journal = fresh("start", "journal.db")
    made = os.path.join(memory, f"cutover-bench-{os.getpid()}.db")
    try:
        facts(made, count)
        shutil.copyfile(made, journal)
    finally:
        for end in ["", "-wal", "-shm"]:
            if os.path.exists(made + end):
                os.remove(made + end)
    say(f"\nstart: each of them {RUNS * 5} times; aims: version below 25 ms, status below 100 ms")
    measures = [
        ("/bin/true (what any start costs here)", lambda: Run(["/bin/true"])),
        ("cutover version", lambda: cutover("version")),
        (f"cutover status, journal of {count:,} facts",
         lambda: cutover("status", "--journal", journal)),
        (f"cutover journal verify, {count:,} facts",
         lambda: cutover("journal", "verify", "--journal", journal)),
    ]
    results = [[] for _ in measures]
    for _ in range(RUNS * 5):
        for (_, measure), result in zip(measures, results):
            result.append(measure())
    for (what, _), result in zip(measures, results):
        row(what, [run.seconds * 1000 for run in result], "ms",
            f"{statistics.median([run.cpu for run in result]) * 1000:.0f} ms of processors, "
            f"peak {max(run.megabytes for run in result):.0f} MB")


SCHEMA = "CREATE TABLE people (id TEXT PRIMARY KEY, name TEXT NOT NULL, age INTEGER, note TEXT)"


def make_table(place, count):
    with sqlite3.connect(place) as base:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute(SCHEMA)
        base.executemany(
            "INSERT INTO people VALUES (?, ?, ?, ?)",
            ((f"user-{n:09}", f"Name of {n}", n % 90, ROW_PADDING) for n in range(count)))
    base.close()


def make_target(place, extra):
    with sqlite3.connect(place) as base:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute(SCHEMA.replace("note TEXT", "note TEXT" + extra))
    base.close()


def count_rows(place):
    with sqlite3.connect(place) as base:
        answer = base.execute("SELECT count(*) FROM people").fetchone()[0]
    base.close()
    return answer


def table_copies(source):
    """Name, further columns of the target, transform; SQLite copies by itself between like tables."""
    put = ("item('id', attr(item, 'id'), 'name', upper(attr(item, 'name')), "
           "'age', attr(item, 'age'), 'note', attr(item, 'note'))")
    return [
        ("tables.copy, like tables", "", None),
        ("tables.copy, other columns", ", added TEXT", None),
        ("tables.copy, SQL transform", "", f"SELECT seq, {put} AS put FROM input"),
    ]


def bench_tables():
    count = 100_000 if QUICK else 1_000_000
    say(f"\ntables: {count:,} rows; aim: peak memory below 150 MB whatever the size")
    source = fresh("tables", "source.db")
    make_table(source, count)
    target = path("tables", "target.db")
    took = {}

    def note(name, value):
        took.setdefault(name, []).append(value)

    for _ in range(RUNS):
        fresh("tables", "target.db")
        flush_disks()
        run = Run(["sh", "-c", f"sqlite3 '{source}' .dump | sqlite3 '{target}'"])
        note("sqlite3 .dump | sqlite3", run.seconds)
        note("sqlite3 .dump | sqlite3: processors", run.cpu)
        make_target(fresh("tables", "target.db"), "")
        flush_disks()
        run = Run([
            "sqlite3", target, f"ATTACH '{source}' AS s; INSERT INTO people SELECT * FROM s.people"])
        note("ATTACH, INSERT … SELECT", run.seconds)
        note("ATTACH, INSERT … SELECT: processors", run.cpu)
        for name, extra, transform in table_copies(source):
            make_target(fresh("tables", "target.db"), extra)
            inputs = {"from": f"sqlite://{source}#people", "to": f"sqlite://{target}#people"}
            if transform:
                inputs["transform"] = transform
            run, copied, verified = roll("tables.copy", inputs, "tables")
            assert count_rows(target) == count
            note(name, copied)
            note(name + ": verification", verified)
            note(name + ": processors, both", run.cpu)
            note(name + ": peak memory", run.megabytes)
    plain = statistics.median(took["ATTACH, INSERT … SELECT"])
    for name, values in took.items():
        if name.endswith("memory"):
            row(name, values, "MB")
        elif ": processors" in name:
            row(name, values, "s")
        else:
            middle = statistics.median(values)
            row(name, values, "s", f"{count / middle:,.0f} rows/s, {middle / plain:.1f} × ATTACH")


def bench_buckets():
    count = 10_000 if QUICK else 100_000
    say(f"\nbuckets: {count:,} files of 200 to 2,000 bytes; aim: peak memory below 150 MB")
    source = fresh("buckets", "source")
    for number in range(count):
        folder = os.path.join(source, f"{number % 100:02}", f"{number // 100 % 10}")
        if number < 1000:
            os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"file-{number:06}.bin"), "wb") as file:
            file.write(f"{number:010}".encode() * (20 + number % 181))
    took = {}
    for _ in range(RUNS):
        target = fresh("buckets", "target")
        flush_disks()
        rsync = Run(["rsync", "-a", source + "/", target + "/"])
        begun = time.perf_counter()
        flush_disks()
        synced = time.perf_counter() - begun
        took.setdefault("rsync -a (durable nowhere)", []).append(rsync.seconds)
        took.setdefault("rsync -a, then sync", []).append(rsync.seconds + synced)
        took.setdefault("rsync -a: processors", []).append(rsync.cpu)
        target = fresh("buckets", "target")
        run, copied, verified = roll(
            "buckets.sync", {"from": f"dir://{source}", "to": f"dir://{target}"}, "buckets")
        took.setdefault("buckets.sync", []).append(copied)
        took.setdefault("buckets.sync: verification", []).append(verified)
        took.setdefault("buckets.sync: processors, both", []).append(run.cpu)
        took.setdefault("buckets.sync: peak memory", []).append(run.megabytes)
    plain = statistics.median(took["rsync -a, then sync"])
    for name, values in took.items():
        if name.endswith("memory"):
            row(name, values, "MB")
        elif ": processors" in name:
            row(name, values, "s")
        else:
            middle = statistics.median(values)
            row(name, values, "s",
                f"{count / middle:,.0f} files/s, {middle / plain:.1f} × rsync and sync")


def bench_resume():
    count = 100_000 if QUICK else 1_000_000
    say(f"\nresume: SIGKILL in the middle of copying {count:,} rows through a transform")
    source = fresh("resume", "source.db")
    make_table(source, count)
    waits, twice, rest = [], [], []
    for number in range(RUNS):
        found = kill_and_resume(source, count, count * (number + 1) // (RUNS + 1))
        if found:
            waits.append(found[0] * 1000)
            twice.append(found[1])
            rest.append(found[2])
    if not waits:
        say("  every copy was over before it could be killed; use more rows")
        return
    row("resume until the next checkpoint of the copy", waits, "ms")
    row("rows on disk behind the checkpoint (read again)", twice, "rows")
    row("resume until all is copied and verified", rest, "s")


def kill_and_resume(source, count, wanted):
    """Milliseconds to the first checkpoint after the kill, rows read again, seconds to the end."""
    target = fresh("resume", "target.db")
    make_target(target, "")
    folder = fresh("rollouts", "resume")
    os.makedirs(folder)
    book, journal = os.path.join(folder, "bench.json5"), os.path.join(folder, "journal.db")
    transform = table_copies(source)[2][2]
    with open(book, "w") as file:
        file.write(playbook("tables.copy", {
            "from": f"sqlite://{source}#people", "to": f"sqlite://{target}#people",
            "transform": transform}))
    command = [os.path.join(BINARIES, "cutover"), "run", book, "--yes", "--live", "blue",
               "--journal", journal]
    child = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    while child.poll() is None and checkpoint(journal) < wanted:
        time.sleep(0.005)
    # Between two checkpoints, not right behind one.
    time.sleep(0.3)
    if child.poll() is not None:
        return None
    child.send_signal(signal.SIGKILL)
    child.wait()
    saved = checkpoint(journal)
    there = count_rows(target)
    begun = time.perf_counter()
    child = subprocess.Popen(
        [command[0], "resume", "--journal", journal], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    waited = None
    while child.poll() is None:
        if waited is None and checkpoint(journal) > saved:
            waited = time.perf_counter() - begun
        time.sleep(0.005)
    assert child.returncode == 0 and count_rows(target) == count
    total = time.perf_counter() - begun
    return waited or total, there - saved, total


def checkpoint(journal):
    """Rows that the saved checkpoint covers; 0 while there is none."""
    try:
        base = sqlite3.connect(f"file:{journal}?mode=ro", uri=True, timeout=1)
        try:
            found = base.execute("SELECT value FROM checkpoint WHERE step = 'copy'").fetchone()
        finally:
            base.close()
    except sqlite3.Error:
        return 0
    return json.loads(found[0])["pairs"][0]["tally"]["read"] if found else 0


class Server:
    """The stub of DynamoDB and S3 beside this script, on a port of its own; it holds nothing."""

    def __init__(self, count, size, unprocessed=0, throttled=0):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.child = subprocess.Popen(
            [os.path.join(BINARIES, "BenchServer"), str(self.port), str(count), str(size),
             str(unprocessed), str(throttled)], stdout=subprocess.PIPE)
        self.child.stdout.readline()

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as reply:
            return reply.read().decode()

    def stats(self):
        return json.loads(self.get("/stats"))

    def stop(self):
        self.child.kill()
        self.child.wait()

    def environment(self):
        return {
            "PATH": os.environ["PATH"], "HOME": FOLDER, "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
        }


def bench_aws():
    bench_aws_tables()
    bench_aws_migrations()
    bench_aws_buckets()


def bench_aws_buckets():
    count = 10_000 if QUICK else 100_000
    size = 4096
    say(f"\naws buckets: {count:,} objects of 4 KB from one bucket to another, on a stub server")
    peers = [(name, words) for name, words in [
        ("aws s3 sync", ["aws", "s3", "sync", "s3://srcbucket", "s3://dstbucket", "--quiet"]),
        ("s5cmd cp", ["s5cmd", "cp", "s3://srcbucket/*", "s3://dstbucket/"]),
        ("rclone sync, 16 wide", [
            "rclone", "sync", "--transfers", "16", "--checkers", "16", "stub:srcbucket",
            "stub:dstbucket"]),
    ] if shutil.which(words[0])]
    measure_buckets("buckets.sync", count, size, lambda server, folder: sync_buckets(server, folder))
    for name, words in peers:
        # The command-line tool of AWS would need minutes for all of them.
        share = count // 10 if words[0] == "aws" else count
        measure_buckets(
            name, share, size,
            lambda server, folder, words=words: Run(words, env=peer_environment(server)))
    missing = {"aws", "s5cmd", "rclone"} - {words[0] for _, words in peers}
    if missing:
        say(f"  not found in PATH: {', '.join(sorted(missing))}")


def measure_buckets(name, count, size, copy):
    server = Server(count, size)
    runs, verifying = [], []
    try:
        for number in range(RUNS):
            server.get("/reset")
            folder = fresh("aws", f"{number}")
            os.makedirs(folder)
            run = copy(server, folder)
            stats = server.stats()
            if stats["distinctObjects"] != count:
                sys.exit(f"{name}: the copy is wrong: {stats}")
            runs.append(run)
            journal = os.path.join(folder, "journal.db")
            if os.path.exists(journal):
                verifying.append(spans(journal))
    finally:
        server.stop()
    if verifying:
        row(f"{name}: objects a second, {count:,}", [count / one[0] for one in verifying], "")
        row("  its verification, both sides listed", [2 * count / one[1] for one in verifying], "")
    row(f"{name}: objects a second, all in all, {count:,}", [count / one.seconds for one in runs], "")
    row("  objects a processor second", [count / one.cpu for one in runs], "")
    row("  peak memory", [one.megabytes for one in runs], "MB")


def sync_buckets(server, folder):
    book, journal = os.path.join(folder, "bench.json5"), os.path.join(folder, "journal.db")
    with open(book, "w") as file:
        file.write(playbook("buckets.sync", {"from": "s3://srcbucket", "to": "s3://dstbucket"}))
    flush_disks()
    return cutover(
        "run", book, "--yes", "--live", "blue", "--journal", journal, env=server.environment())


def peer_environment(server):
    return {
        **server.environment(), "S3_ENDPOINT_URL": server.url, "RCLONE_CONFIG_STUB_TYPE": "s3",
        "RCLONE_CONFIG_STUB_PROVIDER": "Other", "RCLONE_CONFIG_STUB_ENV_AUTH": "true",
        "RCLONE_CONFIG_STUB_REGION": "us-east-1", "RCLONE_CONFIG_STUB_LIST_VERSION": "2",
        "RCLONE_CONFIG_STUB_ENDPOINT": server.url,
    }


def bench_aws_tables():
    count = 50_000 if QUICK else 500_000
    say(f"\naws tables: {count:,} items of 1 KB from one table to another, on a stub server")
    peer_count = count // 10
    for name, faults in [("", (0, 0)), (", 5 % unprocessed, 2 % throttled", (50, 20))]:
        server = Server(count, 1024, *faults)
        ours, peers = [], []
        try:
            for number in range(RUNS):
                server.get("/reset")
                folder = fresh("aws", str(number))
                os.makedirs(folder)
                ours.append(copy_table(server, folder, count))
        finally:
            server.stop()
        server = Server(peer_count, 1024, *faults)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "table_copy_peer.py")
        try:
            for number in range(RUNS):
                server.get("/reset")
                run = Run([sys.executable, script, server.url, "srctable", "dsttable"])
                arrived(server, peer_count)
                peers.append(run)
        finally:
            server.stop()
        row(f"tables.copy{name}: items a second", [count / one[1] for one in ours], "")
        row("  its verification, both sides", [2 * count / one[2] for one in ours], "")
        row("  items a processor second, all", [count / one[0].cpu for one in ours], "")
        row("  peak memory", [one[0].megabytes for one in ours], "MB")
        row(f"boto3, 8 threads{name}: items a second",
            [peer_count / one.seconds for one in peers], "", f"{peer_count:,} items")
        row("  items a processor second", [peer_count / one.cpu for one in peers], "")
        row("  peak memory", [one.megabytes for one in peers], "MB")


def copy_table(server, folder, count):
    book, journal = os.path.join(folder, "bench.json5"), os.path.join(folder, "journal.db")
    with open(book, "w") as file:
        file.write(playbook("tables.copy", {
            "from": "dynamodb://us-east-1/srctable", "to": "dynamodb://us-east-1/dsttable"}))
    flush_disks()
    run = cutover(
        "run", book, "--yes", "--live", "blue", "--journal", journal, env=server.environment())
    arrived(server, count)
    return run, *spans(journal)


def arrived(server, count):
    """Every item is there, and none is another than it should be."""
    stats = server.stats()
    if stats["distinctItems"] != count or stats["wrongItems"] != 0:
        sys.exit(f"the copy is wrong: {stats}")


def bench_aws_migrations():
    count = 20_000 if QUICK else 200_000
    say(f"\naws migrations: {count:,} records of metadata, 5 values each, become {5 * count:,}, by the"
        "\n  statement of playbooks/vams/migrations/v2.3-to-v2.4, on a stub server")
    for writes in ["plain", "conditional"]:
        share = count if writes == "plain" else count // 4
        server = Server(share, 1024)
        runs, read = [], 0
        try:
            for number in range(RUNS):
                server.get("/reset")
                folder = fresh("aws", f"{writes}{number}")
                os.makedirs(folder)
                runs.append(move_metadata(server, folder, share, writes))
                read = server.stats()["sourced"]
            if writes == "plain":
                row("  records read again after a kill in the middle",
                    [kill_migration(server, share) - read], "", f"of {share:,}")
        finally:
            server.stop()
        name = f"tables.migrate, {writes} writes"
        row(f"{name}: records a second", [share / one[1] for one in runs], "", f"{share:,} records")
        row("  its verification, values a second", [5 * share / one[2] for one in runs], "")
        row("  records a processor second, all", [share / one[0].cpu for one in runs], "")
        row("  peak memory", [one[0].megabytes for one in runs], "MB")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "metadata_peer.py")
    for name, share, words in [
        ("boto3, 8 threads", count // 20, ["8"]), ("as the old script", count // 200, ["1", "look"]),
    ]:
        server = Server(share, 1024)
        peers = []
        try:
            for number in range(RUNS):
                server.get("/reset")
                peers.append(Run(
                    [sys.executable, script, server.url, "oldmetadata", "newmetadata", *words]))
                values_arrived(server, share)
        finally:
            server.stop()
        row(f"{name}: records a second", [share / one.seconds for one in peers], "",
            f"{share:,} records")
        row("  records a processor second", [share / one.cpu for one in peers], "")
        row("  peak memory", [one.megabytes for one in peers], "MB")


def metadata_book(folder, writes):
    """A playbook with the shipped step; its lists of lines are JSON."""
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with open(os.path.join(top, "playbooks/vams/migrations/v2.3-to-v2.4.json5")) as file:
        text = file.read().split('id: "metadata"', 1)[1].split("sql: [", 1)[1].split("\n        ],", 1)[0]
    book = os.path.join(folder, "bench.json5")
    with open(book, "w") as file:
        file.write(playbook("tables.migrate", {
            "from": "dynamodb://us-east-1/oldmetadata",
            "targets": [{"name": "metadata", "table": "dynamodb://us-east-1/newmetadata"}],
            "sql": json.loads("[" + text.rstrip().rstrip(",") + "]"), "writes": writes}))
    return book


def move_metadata(server, folder, count, writes):
    book, journal = metadata_book(folder, writes), os.path.join(folder, "journal.db")
    flush_disks()
    run = cutover(
        "run", book, "--yes", "--live", "blue", "--journal", journal, env=server.environment())
    values_arrived(server, count)
    return run, *spans(journal)


def kill_migration(server, count):
    """How many records are read when half of the way is gone twice, by two processes."""
    server.get("/reset")
    folder = fresh("aws", "killed")
    os.makedirs(folder)
    book, journal = metadata_book(folder, "plain"), os.path.join(folder, "journal.db")
    child = subprocess.Popen(
        [os.path.join(BINARIES, "cutover"), "run", book, "--yes", "--live", "blue", "--journal",
         journal], env=server.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while child.poll() is None and server.stats()["distinctValues"] < 5 * count // 2:
        time.sleep(0.01)
    child.kill()
    child.wait()
    cutover("resume", "--journal", journal, env=server.environment())
    values_arrived(server, count)
    return server.stats()["sourced"]


def values_arrived(server, count):
    """Every value is there, and none is another than it should be."""
    stats = server.stats()
    if stats["distinctValues"] != 5 * count or stats["wrongItems"] != 0:
        sys.exit(f"the migration is wrong: {stats}")


def main():
    global QUICK, RUNS, FOLDER, BINARIES
    parser = argparse.ArgumentParser(prog="Scripts/bench")
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    parser.add_argument("--binaries", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; the parts are {', '.join(PARTS)}")
    QUICK, RUNS, FOLDER = options.quick, max(1, options.runs), options.folder
    BINARIES = options.binaries
    say(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, "
        f"{RUNS} runs: median, smallest … largest")
    for part in PARTS:
        if not options.parts or part in options.parts:
            globals()["bench_" + part]()
    say(f"\nload at the end {os.getloadavg()[0]:.1f}")


main()
