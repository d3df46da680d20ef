# SPDX-License-Identifier: MIT
"""Python's own ways to files and programs, in one identity after the other: prints what each gives. Names that
Python makes up are not printed."""
import ctypes
import errno
import os
import shutil
import stat
import subprocess
import tempfile

TOP = os.getcwd()
LIBC = ctypes.CDLL(None, use_errno=True)


def show(what, call, *args, **words):
    try:
        result = call(*args, **words)
    except shutil.Error as e:
        result = sorted((os.path.basename(source), text) for source, _, text in e.args[0])
    except OSError as e:
        result = errno.errorcode[e.errno]
    except subprocess.SubprocessError as e:
        result = type(e).__name__
    print(what, result, flush=True)


def seen(path):
    st = os.lstat(path)
    return "%o %d:%d" % (st.st_mode, st.st_uid, st.st_gid)


def opened(path, flags):
    os.close(os.open(path, flags, 0o640))
    return "opened"


def below(path):
    return [(top, name, seen(os.path.join(top, name))) for top, dirs, files in sorted(os.walk(path))
            for name in sorted(dirs + files)]


def make():
    for path, uid, gid, mode in (("p", 0, 0, 0o755), ("t", 0, 0, 0o1777), ("p/team", 0, 2000, 0o750)):
        os.mkdir(path)
        os.chown(path, uid, gid)
        os.chmod(path, mode)
    for path, uid, gid, mode in (("p/secret", 0, 0, 0o600), ("p/read", 0, 0, 0o644), ("p/team/f", 3000, 2000, 0o640)):
        with open(path, "w") as f:
            f.write("text\n")
        os.chown(path, uid, gid)
        os.chmod(path, mode)


def ask_existing():
    for path in "p/secret", "p/read", "p/team/f", "p/team", "p", "none":
        show("read " + path, opened, path, os.O_RDONLY)
        show("write " + path, opened, path, os.O_RDWR)
        show("truncate", os.truncate, path, 5)
        show("access", lambda: [os.access(path, mode) for mode in (0, 1, 2, 4, 6)])
        show("eaccess", lambda: [os.access(path, mode, effective_ids=True) for mode in (0, 1, 2, 4, 6)])
        show("chmod", lambda: os.chmod(path, stat.S_IMODE(os.stat(path).st_mode)))
        for owner in ((-1, -1), (-1, 2000), (os.geteuid(), -1)):
            show("chown", os.chown, path, *owner)
        show("utime now", os.utime, path)
        show("utime", os.utime, path, (1, 2))
        show("scandir", lambda: sorted((e.name, e.is_file(), e.stat().st_uid) for e in os.scandir(path)))
    show("listxattr", os.listxattr, "p/team/f")
    show("setxattr", os.setxattr, "p/read", "user.a", b"1")
    show("realpath", lambda: os.path.realpath("p/read")[len(TOP):])
    show("exists", lambda: (os.path.exists("p/team/f"), os.path.isfile("p/secret"), os.path.ismount("p")))
    show("open below", lambda: opened_below(os.open("p", os.O_PATH)))
    show("chdir", os.chdir, "p/team")
    os.chdir(TOP)


def opened_below(fd):
    os.stat("read", dir_fd=fd)
    return os.close(os.open("secret", os.O_RDONLY, dir_fd=fd))


def change_protected():
    for name, *args in (("mkdir", "p/d"), ("mkfifo", "p/fifo"), ("mknod", "p/n"), ("symlink", "x", "p/l"),
                        ("link", "p/read", "p/r2"), ("rename", "p/read", "p/r3"), ("unlink", "p/secret"),
                        ("rmdir", "p/team"), ("chroot", "p/team")):
        show(name, getattr(os, name), *args)
    show("rmtree", shutil.rmtree, "p")


def make_own(where):
    show("mkdir", lambda: (os.mkdir(where, 0o2770), seen(where)))
    show("setgid", lambda: (os.chmod(where, 0o2775), seen(where)))
    for name, call in (
            ("file", lambda path: opened(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)),
            ("fifo", lambda path: os.mkfifo(path, 0o642)), ("node", lambda path: os.mknod(path, 0o604)),
            ("device", lambda path: os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))),
            ("symlink", lambda path: os.symlink("file", path)), ("hard", lambda path: os.link(where + "/file", path)),
            ("foreign", lambda path: os.link("p/read", path)), ("sub", os.makedirs),
            ("renamed", lambda path: os.rename(where + "/node", path))):
        show(name, call, where + "/" + name)
        show("is", seen, where + "/" + name)
    for owner in ((-1, 2000), (-1, 2222), (1, -1)):
        show("chown", lambda: (os.chown(where + "/file", *owner), seen(where + "/file")))
    show("setuid", lambda: (os.chmod(where + "/hard", 0o6755), seen(where + "/hard")))
    show("chown", lambda: (os.chown(where + "/hard", -1, os.getegid()), seen(where + "/hard")))


def copy_and_make_up(where):
    show("shutil.chown", shutil.chown, where + "/file", "daemon")
    show("shutil.chown", shutil.chown, where + "/file", group="audio")
    show("copytree", shutil.copytree, "p", where + "/copy")
    show("copied", below, where + "/copy")
    show("copy2", lambda: seen(shutil.copy2("p/read", where + "/copy2")))
    show("copyfile", shutil.copyfile, "p/secret", where + "/secret")
    show("move", lambda: seen(shutil.move(where + "/copy2", "t/moved-" + os.path.basename(where))))
    os.mkdir(where + "/tmp")
    tempfile.tempdir = where + "/tmp"
    show("mkstemp", lambda: seen(tempfile.mkstemp()[1]))
    show("mkdtemp", lambda: seen(tempfile.mkdtemp()))
    with tempfile.TemporaryFile() as f:
        show("TemporaryFile", lambda: (os.fstat(f.fileno()).st_uid, oct(os.fstat(f.fileno()).st_mode)))
    with tempfile.NamedTemporaryFile() as f:
        show("NamedTemporaryFile", seen, f.name)
    show("rmtree", shutil.rmtree, where + "/tmp")


def run_others():
    script = ("id; umask; cat p/secret; touch t/made && stat -c %u:%g:%a t/made; rm t/made; "
              "sed -n '/^Cap[EP]/p' /proc/self/status")
    for words in ({"user": "daemon"}, {"user": 5, "group": 6}, {"group": "audio", "extra_groups": ["video", 9]},
                  {"extra_groups": []}, {"umask": 0o27}, {"user": 0},
                  {"user": "daemon", "group": "daemon", "extra_groups": [], "umask": 0o77}):
        show("run %s" % words, lambda: subprocess.run(["/bin/sh", "-c", script], check=False, **words).returncode)
    for words in ({}, {"resetids": True}, {"setpgroup": 0}):
        show("spawn %s" % words,
             lambda: os.waitpid(os.posix_spawn("/usr/bin/id", ["id"], os.environ, **words), 0)[1])
    show("spawn secret", os.posix_spawn, TOP + "/p/secret", ["x"], os.environ)
    show("exec", os.execv, "p/secret", ["x"])


def as_(who, become):
    pid = os.fork()
    if pid:
        print("ended", os.waitpid(pid, 0)[1], flush=True)
        return
    become()
    print("==", who, os.getresuid(), os.getresgid(), os.getgroups(), flush=True)
    ask_existing()
    make_own("t/" + who)
    copy_and_make_up("t/" + who)
    run_others()
    if os.geteuid() != 0:
        change_protected()
    os._exit(0)


def drop(uid, groups=()):
    os.setgroups(groups)
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def account():
    os.initgroups("daemon", 2000)
    os.setgid(3000)
    os.setuid(3000)


def effective():
    os.setgroups([])
    os.setegid(1000)
    os.seteuid(1000)


def real():
    os.setgroups([])
    os.setresgid(1000, 0, 0)
    os.setresuid(1000, 0, 0)


def filesystem():
    print(LIBC.setfsgid(1000), LIBC.setfsuid(1000), LIBC.setfsuid(-1), LIBC.setfsgid(-1), flush=True)


os.umask(0o22)
make()
as_("root", lambda: None)
as_("user", lambda: drop(1000))
as_("member", lambda: drop(1000, [2000, 5]))
as_("effective", effective)
as_("real", real)
as_("account", account)
as_("filesystem", filesystem)
show("getgrouplist", lambda: (os.getgrouplist("daemon", 77), os.getgrouplist("root", 0)))
