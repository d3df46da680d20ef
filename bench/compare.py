#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""compare.py - time the same work natively and under each tool, in turn, and print ratios to native.

Every tool runs one session, a shell that takes one command at a time; so the start of a session is
measured once, on its own line, and not with each command. A round does one piece of work with all
tools, one after the other; a ratio is taken within a round, and the table shows the median of the
rounds. Work that is over in a moment is done several times over in each round, for half a second: the
kernel counts CPU time in hundredths. CPU time counts the whole tree of processes, daemons included: this
program is made the subreaper, so daemons that leave their session stay below it.
"""
import argparse
import ctypes
import json
import os
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
TICK = os.sysconf("SC_CLK_TCK")
TEST_UID = 65534
FIRST = 1000  # what {round} stands for in the first round
ENOUGH_S = 0.5
ROUNDS_OF_STARTS = 9
ORDER = ["native", "fakeroot", "pseudo", "proot", "fakeid"]


def process_table():
    """pid -> (parent, cpu seconds of it and of its children that were waited for)."""
    table = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        table[int(name)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICK)
    return table


def reap(keep):
    """Wait for orphans that ended; the sessions' own shells are waited for by subprocess."""
    for pid, (parent, _) in process_table().items():
        if parent == os.getpid() and pid not in keep:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass


def cpu_seconds(keep):
    reap(keep)
    table = process_table()
    below, grew = {os.getpid()}, True
    while grew:
        more = {pid for pid, (parent, _) in table.items() if parent in below} - below
        below |= more
        grew = bool(more)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime + sum(table[p][1] for p in below - {os.getpid()} if p in table)


class Session:
    """One shell under one tool, in a folder of its own."""

    def __init__(self, name, prefix, folder, environment):
        self.name, self.folder = name, folder
        self.log = open(os.path.join(folder, "log"), "w", encoding="utf-8")
        self.process = subprocess.Popen(
            prefix + ["sh"], cwd=folder, env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.log, text=True, user=0 if name == "native" else TEST_UID,
            group=0 if name == "native" else TEST_UID, extra_groups=[])
        self.process.stdin.write(f"n={FIRST}\n")

    def run(self, command, times=1):
        """Run one command, perhaps several times; returns its exit status. $n is another number each time."""
        self.process.stdin.write(
            f"failed=0; stop=$((n + {times})); while [ $n -lt $stop ]; do n=$((n + 1))\n"
            f"{{ {command} ; }} </dev/null >/dev/null || failed=$?; done; echo $failed\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name}: the session ended; see {self.log.name}")
        return int(answer)

    def measure(self, command, keep, times=1):
        cpu, began = cpu_seconds(keep), time.monotonic()
        status = self.run(command, times)
        wall = (time.monotonic() - began) / times
        return {"status": status, "wall": wall, "cpu": (cpu_seconds(keep) - cpu) / times}

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.log.close()


def tools(work, fakeid):
    """The tools that are here: name -> (prefix of the command, environment)."""
    base = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}
    found = {"native": ([], base)}
    if shutil.which("fakeroot"):
        found["fakeroot"] = (["fakeroot", "--"], base)
    if shutil.which("pseudo"):
        found["pseudo"] = (["pseudo"], base | {"PSEUDO_PREFIX": "/usr", "PSEUDO_LOCALSTATEDIR": f"{work}/pseudo/var"})
    if shutil.which("proot"):
        found["proot"] = (["proot", "-0"], base)
    places = {name: os.environ[name] for name in ("FAKEID_FAKED", "FAKEID_LIB") if name in os.environ}
    found["fakeid"] = ([fakeid, "--"], base | places | {"FAKEID_DIR": f"{work}/fakeid/state"})
    for name, (prefix, environment) in found.items():
        os.makedirs(f"{work}/{name}/var" if name == "pseudo" else f"{work}/{name}")
        environment = environment | {"HOME": f"{work}/{name}"}
        found[name] = (prefix, environment)
        if name != "native":
            subprocess.run(["chown", "-R", f"{TEST_UID}:{TEST_UID}", f"{work}/{name}"], check=True)
    return found


def pieces(image, lchowns, source):
    """Name, preparation, timed command. tree{first} is what tar x left in the first round. Nothing is removed
    before the end: ext4 does not use an inode again for minutes after it was freed, and searches for others past
    all of these, so what comes next to be timed would pay for it. What needs no preparation (None) is run once
    before it is timed, since whoever comes after a slow tool would find the processor's caches cold, and then as
    often as is good for a time; $n is another number each time."""
    side = "for i in 1 2 3 4 5 6 7 8; do {} & done; wait"
    return [
        ("tar x", "mkdir tree{round}; sync", f"tar xf {image} -C tree{{round}}"),
        ("tar c, to a pipe", None, "tar --numeric-owner -cf - -C tree{first} . | cat"),
        ("find -printf, numeric", None, "find tree{first} -printf '%p %U %G %m %y\\n'"),
        ("ls -lnR", None, "ls -lnR tree{first}"),
        ("chown -hR", None, "chown -hR $n:$n tree{first}"),
        ("2000 x /bin/true", None, "i=0; while [ $i -lt 2000 ]; do /bin/true; i=$((i+1)); done"),
        ("./configure", "mkdir made{round}", f"(cd made{{round}} && {source}/configure -q)"),
        ("find, 8 side by side", None, side.format("find tree{first} -printf '%p %U %G %m %y\\n'")),
        ("lchown, 8 side by side", None,
         "[ -d many ] || for i in 1 2 3 4 5 6 7 8; do mkdir -p many/$i; (cd many/$i; seq 1000 | xargs touch); done; "
         + side.format(f"{lchowns} many/$i 5")),
    ]


def filled(command, number):
    return command.replace("{round}", str(FIRST + number)).replace("{first}", str(FIRST))


def median(values):
    return statistics.median(values) if values else None


def session_start(starts, name, prefix, environment):
    """Milliseconds from asking for /bin/true under the tool to its end."""
    identity = {} if name == "native" else {"user": TEST_UID, "group": TEST_UID, "extra_groups": []}
    output = subprocess.run([starts, *prefix, "/bin/true"], env=environment, check=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, **identity).stdout
    return int(output.splitlines()[-1]) / 1e6


def session_starts(starts, work, found, names):
    """Medians in milliseconds: of first sessions, which find no daemon, and of next ones; in turn, and in a
    store that was there before and has no records."""
    first, following = {name: [] for name in names}, {name: [] for name in names}
    found = {name: (prefix, environment | {"FAKEID_DIR": f"{work}/fakeid/starts"})
             for name, (prefix, environment) in found.items()}
    for name in names:
        session_start(starts, name, *found[name])
    for _ in range(ROUNDS_OF_STARTS):
        for name in names:
            end_daemons()
            first[name].append(session_start(starts, name, *found[name]))
            following[name].append(session_start(starts, name, *found[name]))
    end_daemons()
    return [{name: round(median(times), 1) for name, times in kind.items()} for kind in (first, following)]


def repeats(session, command):
    """Warm up, and see how often `command` fits into the time that is enough."""
    began = time.monotonic()
    session.run(command)
    return max(1, round(ENOUGH_S / (time.monotonic() - began)))


def compare(arguments):
    found = tools(arguments.work, arguments.fakeid)
    names = [name for name in ORDER if name in found and (not arguments.only or name in arguments.only)]
    result = {"machine": platform.machine(), "kernel": platform.release(), "cpus": os.cpu_count(),
              "rounds": arguments.rounds, "work": {}}

    sessions = {name: Session(name, found[name][0], f"{arguments.work}/{name}", found[name][1]) for name in names}
    for session in sessions.values():
        if session.run('[ "$(id -u)" = 0 ]'):
            raise RuntimeError(f"{session.name} does not make us root; see {session.log.name}")
    keep = {session.process.pid for session in sessions.values()}
    for title, prepare, command in pieces(arguments.image, arguments.lchowns, arguments.source):
        samples, times = {name: [] for name in names}, {}
        for number in range(arguments.rounds):
            for name in names:
                # A tool that cannot do a piece of work is not asked again; the rest of its tree
                # stays for what comes next (proot cannot make devices, and tar goes on without).
                if samples[name] and samples[name][-1]["status"]:
                    continue
                if prepare:
                    sessions[name].run(filled(prepare, number))
                else:
                    times.setdefault(name, repeats(sessions[name], filled(command, number)))
                samples[name].append(sessions[name].measure(filled(command, number), keep, times.get(name, 1)))
            if samples["native"][-1]["status"]:
                raise RuntimeError(f"{title} fails natively; see {sessions['native'].log.name}")
        result["work"][title] = summary(samples)
        print(f"  {title}: done", file=sys.stderr)
    for session in sessions.values():
        session.end()
    end_daemons()
    result["first_session_ms"], result["next_session_ms"] = session_starts(arguments.starts, arguments.work, found, names)
    return names, result


def end_daemons():
    """What the tools left running is ours now: end it, so that one run leaves nothing for the next."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        left = [pid for pid, (parent, _) in process_table().items() if parent == os.getpid()]
        if not left:
            return
        for pid in left:
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.1)
        reap(set())


def summary(samples):
    """Per tool: median seconds, and the medians of the ratios to native taken round by round."""
    row = {}
    for name, list_of in samples.items():
        if any(sample["status"] for sample in list_of):
            row[name] = {"failed": list_of[-1]["status"]}
            continue
        row[name] = {"wall_s": round(median([s["wall"] for s in list_of]), 4),
                     "cpu_s": round(median([s["cpu"] for s in list_of]), 4)}
        for kind in ("wall", "cpu"):
            ratios = [s[kind] / n[kind] for s, n in zip(list_of, samples["native"]) if n[kind] > 0]
            row[name][f"{kind}_ratio"] = round(median(ratios), 2) if ratios else None
    return row


def table(names, result):
    others = [name for name in names if name != "native"]
    lines = ["| work | native, s | " + " | ".join(others) + " |",
             "| --- | --- |" + " --- |" * len(others)]
    for title, row in result["work"].items():
        cells = []
        for name in others:
            cell = row[name]
            cells.append("fails" if "failed" in cell else f"{cell['wall_ratio']} [{cell['cpu_ratio']}]")
        lines.append(f"| {title} | {row['native']['wall_s']:.2g} | " + " | ".join(cells) + " |")
    for title, key in (("start of a first session, ms", "first_session_ms"), ("of the next, ms", "next_session_ms")):
        start = result[key]
        lines.append(f"| {title} | {start['native']} | " + " | ".join(str(start[name]) for name in others) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", required=True)
    parser.add_argument("--work", required=True, help="an empty folder that uid 65534 can enter")
    parser.add_argument("--fakeid", required=True)
    parser.add_argument("--lchowns", required=True)
    parser.add_argument("--starts", required=True)
    parser.add_argument("--source", required=True, help="a source tree, whose ./configure is timed")
    parser.add_argument("--json", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", help="names of tools; native is always among them")
    arguments = parser.parse_args()
    if arguments.only:
        arguments.only.append("native")
    if os.geteuid() != 0:
        sys.exit("run as root: native work needs it; the tools themselves run as uid 65534")
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    names, result = compare(arguments)
    with open(arguments.json, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
    print("wall [cpu] as ratios to native, medians of", arguments.rounds, "rounds")
    print(table(names, result))


if __name__ == "__main__":
    main()
