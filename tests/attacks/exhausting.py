"""Attacks that use up: processes, threads, memory, disk, files, output. BOUND says how much is more than is allowed."""

from __future__ import annotations

from attacks.attack import family

_MANY = """
import os, signal, time
children = []
try:
    for _ in range(BOUND["processes"]):
        child = os.fork()
        if child == 0:
            time.sleep(1000)
        children.append(child)
    print("GAI" + "NED")
except OSError:
    pass
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""
_TOGETHER = """
import os, time
size, count = BOUND["share"], BOUND["shares"]
def fill(block):
    for _ in range(size >> 20):
        block.write(bytes(2**20))
pipes = [os.pipe() for _ in range(count)]
for _, writing in pipes:
    if os.fork() == 0:
        {take}
        os.write(writing, b"x")
        time.sleep(1000)
for reading, _ in pipes:
    os.read(reading, 1)
time.sleep(0.4)
print("GAI" + "NED")
"""

ATTACKS = [
    *family(
        "bombs",
        "canary",
        processes=_MANY,
        threads="""
import threading
done = threading.Event()
begun = [threading.Thread(target=done.wait, daemon=True) for _ in range(BOUND["processes"])]
try:
    for thread in begun:
        thread.start()
    print("GAI" + "NED")
finally:
    done.set()
""",
        memory="block = np.zeros(BOUND['memory'], np.uint8)\nprint('GAI' + 'NED')",
        memory_bit_by_bit="""
blocks = []
while len(blocks) * 2**24 < BOUND["memory"]:
    blocks.append(bytes(2**24))
print("GAI" + "NED")
""",
        mapped_memory="import mmap\nblock = mmap.mmap(-1, BOUND['memory'])\nprint('GAI' + 'NED')",
        memory_of_many_processes=_TOGETHER.format(take="block = bytearray(b'x') * size"),
        memory_of_many_that_hide=_TOGETHER.format(
            take="import ctypes; ctypes.CDLL(None).prctl(4, 0); os.setsid(); block = bytearray(b'x') * size"
        ),
        shared_memory_of_many=_TOGETHER.format(take="import mmap; block = mmap.mmap(-1, size); fill(block)"),
        shared_memory_that_looks_empty=_TOGETHER.format(
            take="import mmap; block = mmap.mmap(-1, size); fill(block); block.madvise(mmap.MADV_DONTNEED)"
        ),
        memory_of_the_zero_device=_TOGETHER.format(
            take="import mmap; block = mmap.mmap(os.open('/dev/zero', os.O_RDWR), size); fill(block);"
            " block.madvise(mmap.MADV_DONTNEED)"
        ),
        the_disk="""
for number in range(BOUND["disk"] // 2**20):
    open(f"/tmp/{number}", "wb").write(bytes(2**20))
print("GAI" + "NED")
""",
        one_file="open('/tmp/one', 'wb').write(bytes(BOUND['file']))\nprint('GAI' + 'NED')",
        a_file_with_a_hole="""
import os
os.truncate(os.open("/tmp/hole", os.O_CREAT | os.O_RDWR), BOUND["file"])
print("GAI" + "NED")
""",
        names="""
for number in range(BOUND["names"]):
    open(f"/tmp/{number}", "w").close()
print("GAI" + "NED")
""",
        open_files="files = [open('/dev/null') for _ in range(BOUND['files'])]\nprint('GAI' + 'NED')",
        limits_raised="""
import resource
for kind in (resource.RLIMIT_NPROC, resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
    most = resource.getrlimit(kind)[1]
    if most == resource.RLIM_INFINITY or most >= BOUND["files"] and kind == resource.RLIMIT_NOFILE:
        print("GAI" + "NED")
""",
    ),
    *family(
        "output",
        "output",
        printed="print('x' * BOUND['output'])",
        printed_line_by_line="for _ in range(BOUND['output'] // 100): print('x' * 99)",
        printed_as_an_error="import sys\nsys.stderr.write('x' * BOUND['output'])",
    ),
]
