"""Runs a compiler that ends, with all that it started, when the program that wanted it does; only Python's library.

Run as a program of its own: `python compile_guard.py DRAFTS COMMAND...`, with a pipe from that program as standard
input. When the pipe ends, or its parent is another process, the compiler's process group is killed and the folder
DRAFTS removed. Otherwise it exits as the compiler does; by a signal, with 128 and its number.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress

LOOK_MS = 1000  # a forked copy of the parent may hold the other end of the pipe, so the parent's id is watched as well


ending = threading.Lock()  # held by the thread that ends this program


def end_with_parent(parent: int, compiler: int, drafts: str) -> None:
    """Waits until the parent has gone, then leaves nothing behind."""
    pipe = select.poll()
    pipe.register(0, select.POLLIN)
    while os.getppid() == parent and not pipe.poll(LOOK_MS):
        pass
    ending.acquire()
    with suppress(ProcessLookupError):
        os.killpg(compiler, signal.SIGKILL)
    shutil.rmtree(drafts, ignore_errors=True)
    os._exit(1)


def main() -> None:
    """Runs the command."""
    parent = os.getppid()
    drafts, *command = sys.argv[1:]
    compiler = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    threading.Thread(target=end_with_parent, args=(parent, compiler.pid, drafts), daemon=True).start()
    status = compiler.wait()
    ending.acquire()
    os._exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
