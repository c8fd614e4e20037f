"""Attacks that reach out: sockets of every kind, namespaces, privileges, the rest of the machine."""

from __future__ import annotations

from attacks.attack import family

_SYSTEM = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def gained(result):
    print("GAI" + "NED" if result >= 0 else os.strerror(ctypes.get_errno()))
"""

ATTACKS = [
    *family(
        "network",
        "canary",
        a_connection="""
import socket
with socket.create_connection(("127.0.0.1", PORT), 1) as there:
    print(there.recv(100))
""",
        a_page="""
from urllib.request import urlopen
try:
    urlopen(f"http://127.0.0.1:{PORT}/", timeout=1)
except Exception as error:
    print(error)
""",
        a_datagram="""
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
    there.settimeout(1)
    there.sendto(b"what do you know?", ("127.0.0.1", PORT))
    print(there.recv(100))
""",
        a_socket_in_a_folder="""
import socket
with socket.socket(socket.AF_UNIX) as there:
    there.connect(WORLD + "/socket")
    print(there.recv(100))
""",
        a_socket_without_a_folder="""
import socket
with socket.socket(socket.AF_UNIX) as there:
    there.connect("\\0" + NAME)
    print(there.recv(100))
""",
        one_half_of_a_pair_that_goes_elsewhere="""
import socket
mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
other.close()
mine.connect("\\0" + NAME + "-datagrams")
mine.send(b"what do you know?")
print("GAI" + "NED")
""",
        a_pair_that_asks_an_address_each_time="""
import socket
mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
mine.sendto(b"what do you know?", WORLD + "/datagrams")
print("GAI" + "NED")
""",
        a_service_of_ones_own="""
import socket
with socket.socket() as here:
    here.bind(("127.0.0.1", 0))
    here.listen()
    print("GAI" + "NED")
""",
        netlink="import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()\nprint('GAI' + 'NED')",
    ),
    *family(
        "escapes",
        "canary",
        a_user_namespace=_SYSTEM + "gained(libc.unshare(0x10000000))",
        a_mount_of_ones_own=_SYSTEM
        + """
user, group = os.getuid(), os.getgid()
libc.unshare(0x10000000 | 0x00020000)
try:
    open("/proc/self/uid_map", "w").write(f"0 {user} 1")
except OSError:
    pass
os.makedirs("/tmp/mine", exist_ok=True)
gained(libc.mount(b"none", b"/tmp/mine", b"tmpfs", 0, None))
""",
        a_process_in_a_new_namespace=_SYSTEM
        + """
number = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
child = libc.syscall(number, 0x10000000 | 17, 0, 0, 0, 0)
if child == 0:
    os._exit(0)
gained(child)
""",
        the_grader_s_namespaces=_SYSTEM
        + """
for process in (1, os.getppid(), *map(int, filter(str.isdecimal, os.listdir("/proc")))):
    for kind in ("user", "mnt", "net", "pid", "uts"):
        try:
            here = os.open(f"/proc/{process}/ns/{kind}", os.O_RDONLY)
        except OSError:
            continue
        print("GAI" + "NED")
""",
        memory_without_a_name=_SYSTEM + "gained(libc.memfd_create(b'x', 0))",
        memory_that_all_may_map=_SYSTEM + "gained(libc.shmget(0, 4096, 0o1600))",
        keys_of_the_kernel=_SYSTEM + "gained(libc.syscall(250 if os.uname().machine == 'x86_64' else 219, 0, -3, 1))",
        calls_without_calls=_SYSTEM + "gained(libc.syscall(425, 8, (ctypes.c_char * 120)()))  # io_uring_setup",
        another_personality=_SYSTEM + "gained(libc.personality(0x0040000))  # without randomised addresses",
        a_handle_on_a_process=_SYSTEM + "gained(libc.syscall(434, os.getpid(), 0))  # pidfd_open",
        files_by_their_number=_SYSTEM
        + """
handle = (ctypes.c_uint * 40)(128)
mount = ctypes.c_int()
gained(libc.name_to_handle_at(-100, b"/", handle, ctypes.byref(mount), 0))
""",
        memory_of_others_directly=_SYSTEM
        + """
word = ctypes.create_string_buffer(8)
piece = (ctypes.c_void_p * 2)(ctypes.addressof(word), 8)
gained(libc.process_vm_readv(os.getpid(), piece, 1, piece, 1, 0))
""",
        the_gradebook_overwritten=_SYSTEM
        + """
target = WORLD + "/course/gradebook.db"
with open(target, "a") as file:
    file.write("mine")
print("GAI" + "NED")
""",
        a_link_out_of_the_folder="""
import os
os.symlink(WORLD + "/course/gradebook.db", "/tmp/link")
print(open("/tmp/link").read())
""",
    ),
]
