# SPDX-License-Identifier: MIT
"""A server that separates privileges: its child gives up root for good and tries to get back, and the parent hands
it the one descriptor that it may have."""
import ctypes
import errno
import os
import socket
import struct

SCM_CREDENTIALS = 2
USER = 74


def show(what, call, *args):
    try:
        print(what, call(*args), flush=True)
    except OSError as e:
        print(what, errno.errorcode[e.errno], flush=True)


def set_fsuid(uid):
    libc = ctypes.CDLL(None)
    libc.setfsuid(uid)
    return libc.setfsuid(-1)


def peer(sock):
    return struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))


def send_as(sock, *who):
    return sock.sendmsg([b"x"], [(socket.SOL_SOCKET, SCM_CREDENTIALS, struct.pack("3i", *who))])


def receive(sock, child):
    """One byte: who sent it, and the descriptor that came with it."""
    fd = None
    data, messages, _, _ = sock.recvmsg(1, 200)
    for _, kind, value in messages:
        if kind == socket.SCM_RIGHTS:
            fd = struct.unpack("i", value[:4])[0]
        else:
            pid, uid, gid = struct.unpack("3i", value)
            print("from", "child" if pid == child else "parent", uid, gid, data, flush=True)
    return fd


def try_to_get_back():
    for name, args in (("setuid", (0,)), ("seteuid", (0,)), ("setreuid", (0, -1)), ("setresuid", (-1, -1, 0)),
                       ("setgid", (0,)), ("setegid", (0,)), ("setregid", (-1, 0)), ("setresgid", (0, 0, 0)),
                       ("setgroups", ([0],)), ("setgroups", ([],)), ("initgroups", ("root", 0)),
                       ("chroot", ("closed",)), ("chroot", ("key",)), ("chroot", ("/",)), ("chroot", ("none",)),
                       ("open", ("key", os.O_RDONLY)), ("open", ("key", os.O_WRONLY)), ("unlink", ("key",)),
                       ("chown", ("key", USER, -1)), ("chmod", ("key", 0o644)), ("chdir", ("closed",)),
                       ("listdir", ("closed",)), ("link", ("key", "key2")), ("rename", ("key", "key2"))):
        show(name, getattr(os, name), *args)
    show("setfsuid", set_fsuid, 0)


def child(net):
    os.setgroups([USER])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    print(os.getresuid(), os.getresgid(), os.getgroups(), flush=True)
    try_to_get_back()
    client = socket.socket(socket.AF_UNIX)
    show("connect", client.connect, "door")
    show("connect", socket.socket(socket.AF_UNIX).connect, "closed/door")
    show("pair", lambda: peer(net)[1:])
    show("send as root", send_as, net, os.getpid(), 0, 0)
    show("send as another group", send_as, net, os.getpid(), USER, 0)
    send_as(net, os.getpid(), USER, USER)
    fd = receive(net, os.getpid())
    show("read", os.read, fd, 100)
    show("owner", lambda: (os.fstat(fd).st_uid, oct(os.fstat(fd).st_mode)))
    show("fchown", os.fchown, fd, USER, USER)
    show("fchmod", os.fchmod, fd, 0o644)
    show("again", os.open, "/proc/self/fd/%d" % fd, os.O_RDONLY)
    show("again", os.open, "/dev/fd/%d" % fd, os.O_RDONLY)
    client.recv(1)


def main():
    os.umask(0o22)
    with open("key", "w") as key:
        key.write("secret\n")
    os.chmod("key", 0o600)
    os.mkdir("closed", 0o700)
    monitor, net = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    doors = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    for door, path in zip(doors, ("door", "closed/door")):
        door.bind(path)
        door.listen()
    os.chmod("door", 0o666)
    for end in monitor, net:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    pid = os.fork()
    if pid == 0:
        child(net)
        os._exit(0)
    # The peer is asked for only once the child has connected and said something.
    receive(monitor, pid)
    client, _ = doors[0].accept()
    print("peer", peer(client)[0] == pid, peer(client)[1:], flush=True)
    key = os.open("key", os.O_RDWR)
    monitor.sendmsg([b"k"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", key))])
    client.send(b"x")
    os.waitpid(pid, 0)
    print(os.getresuid(), os.getresgid(), os.getgroups(), flush=True)


main()
