"""Run a program as etc/l2ld.service would, as far as that goes without systemd:
confine.py UNIT UID PROGRAM [ARGUMENT]...

Called by root in a mount namespace of its own.  Everything but /tmp is read-only
(ProtectSystem=strict), homes are empty, the user is nobody known, all others but
root are nobody (PrivateUsers), there are no capabilities.  A system call that the
unit's filter does not list, a socket of another family than it names, and memory
that can be written and run kill the program, where systemd would refuse them with
EPERM: what is refused must not go unnoticed here.
"""

import ctypes
import os
import re
import socket
import subprocess
import sys

import seccomp

PROT_WRITE, PROT_EXEC = 2, 4
CLONE_NEWUSER = 0x10000000
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 38, 24


def settings(unit):
    """{name: [values]} of the lines of a unit."""
    found = {}
    for line in open(unit):
        match = re.fullmatch(r"(\w+)=(.*)\n", line)
        if match:
            found.setdefault(match[1], []).append(match[2])
    return found


def calls(name):
    """The system calls of a set such as @system-service, with its sets'."""
    lines = subprocess.run(["systemd-analyze", "syscall-filter", name],
                           capture_output=True, text=True,
                           check=True).stdout.splitlines()
    found = set()
    for word in (line.strip() for line in lines[1:]
                 if line.startswith("    ")):
        if word.startswith("@"):
            found |= calls(word)
        elif not word.startswith("#"):
            found.add(word)
    return found


def allowed(unit):
    found = set()
    for value in settings(unit)["SystemCallFilter"]:
        names = set()
        for word in value.lstrip("~").split():
            names |= calls(word) if word.startswith("@") else {word}
        found = found - names if value.startswith("~") else found | names
    return found


def filter_calls(unit):
    names = settings(unit)
    families = {getattr(socket, word) for word in
                names["RestrictAddressFamilies"][0].split()}
    f = seccomp.SyscallFilter(seccomp.KILL_PROCESS)
    for name in sorted(allowed(unit) - {"socket", "mprotect", "mmap"}):
        try:
            f.add_rule(seccomp.ALLOW, name)
        except RuntimeError:
            pass            # of another architecture
    for family in families:
        f.add_rule(seccomp.ALLOW, "socket",
                   seccomp.Arg(0, seccomp.EQ, family))
    assert names["MemoryDenyWriteExecute"] == ["yes"]
    f.add_rule(seccomp.ALLOW, "mprotect",
               seccomp.Arg(2, seccomp.MASKED_EQ, PROT_EXEC, 0))
    both = PROT_WRITE | PROT_EXEC
    for flags in (0, PROT_WRITE, PROT_EXEC):
        f.add_rule(seccomp.ALLOW, "mmap",
                   seccomp.Arg(2, seccomp.MASKED_EQ, both, flags))
    f.load()


def mount():
    """What the namespace shows: nothing to write to but /tmp and /dev/shm."""
    for command in (["mount", "--make-rprivate", "/"],
                    ["mount", "--bind", "/tmp", "/tmp"],
                    ["mount", "-o", "remount,bind,ro", "/"],
                    ["mount", "-t", "tmpfs", "-o", "mode=0755", "none",
                     "/home"]):
        subprocess.run(command, check=True)


def private_users(libc, user):
    """A user namespace with root and this user; who has not entered it says so."""
    ours, theirs = os.pipe()
    helper = os.fork()
    if helper == 0:
        os.read(ours, 1)
        for kind in ("uid_map", "gid_map"):
            with open(f"/proc/{os.getppid()}/{kind}", "w") as f:
                f.write(f"0 0 1\n{user} {user} 1\n")
        os._exit(0)
    assert libc.unshare(CLONE_NEWUSER) == 0, os.strerror(ctypes.get_errno())
    os.write(theirs, b"x")
    assert os.waitpid(helper, 0)[1] == 0
    os.close(ours)
    os.close(theirs)


def main():
    unit, user, program = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    libc = ctypes.CDLL(None, use_errno=True)
    mount()
    private_users(libc, user)
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    os.umask(0o077)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    filter_calls(unit)
    os.execv(program[0], program)


if __name__ == "__main__":
    main()
