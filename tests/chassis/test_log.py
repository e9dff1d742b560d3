"""A log line is one whole JSON object on standard output, whoever writes it and however the process ends."""

import json
import subprocess
import sys

THREADS, LINES = 8, 200
WRITER = f"""
import logging, os, signal, threading
from chassis.log import bind_call_id, configure_logging, get_logger

configure_logging("toy", "info")
log = get_logger()

def write(number):
    bind_call_id(f"call_{{number}}")
    for line in range({LINES}):
        log.info("line_written", number=number, line=line, text="é\\ud800" * 50)
        log.debug("line_not_asked_for")
    logging.getLogger("library").warning("said %s", number)

threads = [threading.Thread(target=write, args=[number]) for number in range({THREADS})]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_lines_of_threads_never_mix_and_a_kill_loses_none() -> None:
    ended = subprocess.run([sys.executable, "-c", WRITER], capture_output=True, timeout=60, check=False)
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    ours = [line for line in lines if line["event"] == "line_written"]
    assert sorted((line["number"], line["line"]) for line in ours) == [
        (number, line) for number in range(THREADS) for line in range(LINES)
    ]
    assert all(line["call_id"] == f"call_{line['number']}" for line in ours)
    said = [line for line in lines if line["event"].startswith("said ")]
    assert len(lines) == len(ours) + len(said)
    assert len(said) == THREADS
    assert {"service", "call_id", "level", "timestamp"} <= ours[0].keys() & said[0].keys()


def test_a_reader_that_has_gone_fails_no_call() -> None:
    script = """
import os, sys
from chassis.log import configure_logging, get_logger
read, write = os.pipe()
os.dup2(write, 1)
os.close(read)
configure_logging("toy", "info")
get_logger().info("nobody_reads")
sys.exit(7)
"""
    ended = subprocess.run([sys.executable, "-c", script], timeout=60, check=False)
    assert ended.returncode == 7
