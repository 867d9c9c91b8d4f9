"""The progress line: on a terminal only, never wider than it, gone at the end."""
import fcntl
import os
import pty
import struct
import subprocess
import termios

from support import *

LABELS = ["ofs", "epsilon_greedy", "bonn-ä-東京", "line\\nbreak"]
path = scenario("seen.yaml", replications=10, horizon=20000)  # long enough to be seen
agents = ", ".join(f'{{type: ofs, grid: 11, label: "{label}"}}' for label in LABELS)
path.write_text(path.read_text().replace("[{type: ofs, grid: 11}, {type: epsilon_greedy, grid: 11}]", f"[{agents}]"))


def on_terminal(columns, *arguments):
    """What a terminal gets on standard error."""
    mine, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    child = subprocess.Popen([PROGRAM, "run", path, "--force", *arguments], cwd=SCRATCH, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(mine, 4096):
            shown += block
    except OSError:  # the other end is closed
        pass
    os.close(mine)
    assert child.wait() == 0
    return shown.decode()


def width(text):
    return sum(1 if ord(c) < 128 else 2 for c in text)


for columns in [12, 40, 80, 200]:
    shown = on_terminal(columns)
    frames = shown.split("\r")
    assert len(frames) > 5 and "\n" not in shown and "\x1b" not in shown, shown
    assert max(width(frame) for frame in frames) < columns, (columns, frames)
    assert frames[-1] == "" and frames[-2].strip() == "", frames[-3:]  # the last one wipes the line
    texts = [frame.strip() for frame in frames if frame.strip()]
    assert any("compressing" in text or columns == 12 for text in texts)
    if columns >= 80:
        assert any("epochs/s" in text and "left" in text and "ofs " in text for text in texts), texts
    if columns == 200:
        assert any("line?break" in text and "東京" in text and "..." not in text for text in texts), texts
assert any("..." in frame for frame in on_terminal(80).split("\r"))
assert on_terminal(80, "--quiet") == ""
done = expect(0, "run", path, "--force")
assert not done.stderr and "wrote seen.h5" in done.stdout
done = expect(0, "run", path, "--force", "--quiet")
assert not done.stderr and not done.stdout
note("the progress line keeps to its terminal and leaves nothing behind")
