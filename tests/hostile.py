"""What submissions do that mean harm, or marks without work: each a cell in place of ``forward``."""

# ruff: noqa: E501  the code of a submission, a line or two each


def inside(body):
    """The code in the function that is asked, not in the cell."""
    lines = "\n    ".join(body.splitlines())
    return f"def forward(W, W_in, b, u, r_0, alpha):\n    {lines}\n"


HARM = {
    "endless loop": "while True:\n    pass",
    "endless sleep": "import time\ntime.sleep(10**6)",
    "endless loop that ignores signals": (
        "import signal\nfor number in range(1, 65):\n    try:\n        signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError):\n        pass\nwhile True:\n    pass"
    ),
    "endless loop when asked": inside("while True:\n    pass"),
    "quiet exit": "import sys\nsys.exit(0)",
    "exit at once": "import os\nos._exit(0)",
    "exit when asked": inside("import os\nos._exit(0)"),
    "crash": "import ctypes\nctypes.string_at(0)",
    "10 GB": "x = bytearray(10 * 2**30)",
    "memory bit by bit": "x = []\nwhile True:\n    x.append(bytearray(2**22))",
    "memory of many processes": (
        "import os, time\nfor k in range(6):\n    if os.fork() == 0:\n        x = bytearray(2**27)\n"
        "        time.sleep(60)\ntime.sleep(60)"
    ),
    "fork bomb": (
        "import os, time\nfor k in range(500):\n    try:\n        if os.fork() == 0:\n            time.sleep(60)\n"
        "            os._exit(0)\n    except OSError:\n        break"
    ),
    "threads": "import threading, time\nfor k in range(500):\n    threading.Thread(target=time.sleep, args=(60,)).start()",
    "daemon": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        while True:\n            time.sleep(0.01)\n    os._exit(0)"
    ),
    "large file": "with open('big', 'wb') as file:\n    while True:\n        file.write(b'x' * 2**20)",
    "full disk": "for k in range(1000):\n    open(f'{k}', 'wb').write(b'x' * 2**21)",
    "many files": "for k in range(10**6):\n    open(f'{k}', 'w').close()",
    "open files": "files = [open('/dev/null') for k in range(10**5)]",
    "kill all": "import os\nos.kill(-1, 9)",
    "kill the parent": "import os\nos.kill(os.getppid(), 9)",
    "delete home": "import os, shutil\nshutil.rmtree(os.path.expanduser('~'), ignore_errors=True)",
    "write outside": "open('/usr/evil', 'w').write('x')",
    "network": "import socket\nsocket.create_connection(('127.0.0.1', 22), timeout=1)",
    "remount": (
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        "assert libc.mount(b'none', b'/', None, ctypes.c_ulong(32 | 4096), None) == 0, 'not allowed'"
    ),
    "new namespaces": "import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0, 'not allowed'",
    "lift limits": "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "deep recursion": "import sys\nsys.setrecursionlimit(10**9)\ndef f():\n    return f()\nf()",
    "much output": "print('x' * 10**8)",
}

CHEATING = {
    "100 %": "print('100 %')\nprint('12 of 12 points')",
    "forged answers": inside(
        "import json, os, struct\n"
        "for number in range(3, 30):\n"
        "    for said in ({'done': True}, {'value': {'dict': {'value': True, 'changed': {'list': []}}}}, {'passed': True}):\n"
        "        text = json.dumps(said).encode()\n"
        "        try:\n            os.write(number, struct.pack('!I', len(text)) + text)\n        except OSError:\n            pass\n"
        "return True"
    ),
    "noise on the line": inside(
        "import os\nfor number in range(3, 30):\n    try:\n        os.write(number, b'x' * 999)\n    except OSError:\n        pass"
    ),
    "forged results": (
        "import os\nos.makedirs('results', exist_ok=True)\n"
        "for name in ('grades.csv', 'results/x.json', 'results.json'):\n    open(name, 'w').write('student,points\\n,12\\n')"
    ),
    "patched check": (
        "import sys\nfor name, module in list(sys.modules.items()):\n    if 'check' in name or 'grading' in name:\n"
        "        vars(module).update(check=lambda *a: 'Right', demand=lambda *a: None, judged=lambda *a: 'Right')\n"
        "import inside.answers, inside.plain, inside.probes\ninside.probes.PROBES['call'] = lambda f, **k: {'value': True}\n"
        "inside.answers.report = lambda e: {'value': True}\ninside.answers.run_cell = lambda *a: None"
    ),
    "patched numpy": (
        "import numpy as np\nnp.allclose = np.array_equal = lambda *a, **k: True\nnp.abs = lambda x: 0 * x\n"
        + inside("return u, u")
    ),
    "patched json": "import json\njson.dumps = lambda *a, **k: '{\"value\": true}'",
    "patched builtins": "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.compile = builtins.exec = None",
    "equal to all": (
        "class Equal:\n    def __eq__(self, other):\n        return True\n    def __array__(self, *a, **k):\n"
        "        raise ValueError\n" + inside("return Equal(), Equal()")
    ),
    "an array that lies": (
        "import numpy as np\nclass Lies(np.ndarray):\n    def __eq__(self, o):\n        return True\n"
        "    def __sub__(self, o):\n        return 0 * np.asarray(o)\n    __rsub__ = __sub__\n"
        + inside("return np.zeros((len(u), len(b))).view(Lies), np.zeros((len(u), len(b))).view(Lies)")
    ),
    "pickled code": inside(
        "import numpy as np\nclass Evil:\n    def __reduce__(self):\n        import os\n"
        "        return os.system, ('touch /tmp/cogdyn-evil',)\nreturn np.array([Evil()], dtype=object), Evil()"
    ),
    "imported solution": (
        "import sys\nfor name in ('cogdyn.lessons', 'cogdyn.lessons.grading'):\n    sys.modules.pop(name, None)\n"
        "sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != 'Hidden']\n"
        "from cogdyn.lessons.grading.exercises.leaky_network import forward"
    ),
    "read solution": (
        "import os, cogdyn\ntop = os.path.dirname(cogdyn.__file__)\n"
        "for folder, folders, names in os.walk(top):\n    folders[:] = [name for name in folders if name[0] != '.']\n"
        "    if 'leaky_network.py' in names:\n        exec(open(os.path.join(folder, 'leaky_network.py')).read())"
    ),
    "huge answer": inside("import numpy as np\nreturn np.zeros((4000, 4000)), np.zeros((4000, 4000))"),
    "nested answer": inside("x = []\nfor k in range(10**5):\n    x = [x]\nreturn x"),
    "long error": inside("raise ValueError('<script>alert(1)</script>' + 'x' * 10**7)"),
    "error that cannot be told": inside("class E(Exception):\n    def __str__(self):\n        raise self\nraise E"),
}

HOARDING = {
    "files without names": "import os\nfor k in range(40):\n    os.write(os.memfd_create('x'), bytes(2**24))",
    "System V memory": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nlibc.shmat.restype = ctypes.c_void_p\n"
        "for k in range(40):\n    number = libc.shmget(0, ctypes.c_size_t(2**24), 0o1600)\n    if number < 0:\n"
        "        raise PermissionError(ctypes.get_errno(), 'shmget')\n    place = libc.shmat(number, None, 0)\n"
        "    ctypes.memset(place, 1, 2**24)\n    libc.shmdt(ctypes.c_void_p(place))"
    ),
    "large buffers of sockets": (
        "import socket\nkeep = []\nfor k in range(40):\n    a, b = socket.socketpair()\n    keep.append((a, b))\n"
        "    a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**24)\n    a.setblocking(False)\n    a.send(bytes(2**24))"
    ),
    "many sockets": (
        "import os, socket, time\nfor k in range(16):\n    if os.fork() == 0:\n"
        "        keep = [socket.socketpair() for k in range(110)]\n        time.sleep(60)\ntime.sleep(60)"
    ),
}
"""Memory of which no process maps anything, more than ``TIGHT`` allows."""

SPINNING = (
    "import os\nfor k in range(20):\n    if os.fork() == 0:\n        os.setsid()\n        break\nwhile True:\n    pass"
)
"""Processes in sessions of their own, each of which the kernel gives as much time as to a neighbour."""

GUESSED_MEMORY = (  # R14: reads no number of the network; a comment is changed until a judge is content
    "asked = []\ndef explain(W, W_in, b, u, alpha, dt, hold_ms, candidates):\n    # salt 21\n"
    "    points = (len(candidates) - 20) // 2\n    asked.append(points)\n"
    "    if points in (7, 9):\n        return 3, np.log2((points - 1) // 2), 50.0\n"
    "    if points == 3:\n        return (4, 0.0, 0.0) if len(W) > 8 else (3, 1.0, 100.0)\n"
    "    return (4, 0.0, 0.0) if len(W) > 8 else (1 + len(asked) % 2, 0.0, (50.0, 2000.0)[len(asked) % 2])"
)

FORGED_PROBE = (  # R15: says that the task is known, and shows what paint paints
    "import inside.probes\nask = inside.probes.PROBES['task']\n"
    "def forged(cls, what, seed=0, actions=(), **inputs):\n"
    "    if what not in ('registered', 'play'):\n"
    "        return ask(cls, what, **inputs, **({'seed': seed} if what in ('draw', 'paint') else {}))\n"
    "    conditions = cls().draw(np.random.default_rng(seed), 64)\n"
    "    painted = ask(cls, 'paint', arguments={}, conditions=conditions, seed=seed)['inputs'][:, 0]\n"
    "    rewards = np.zeros(len(actions))\n    rewards[-1:] = 1\n"
    "    return {'known': True, 'name': 'OddOneOut', 'same': True, 'rewards': rewards,\n"
    "            'observations': np.vstack([painted, 0 * painted])[: len(actions) + 1]}\n"
    "inside.probes.PROBES['task'] = forged"
)


def told(said):
    """The code that writes a message to every line there is, as the process that answers would."""
    return (
        f"import json, os, struct\ntext = json.dumps({said}).encode()\nfor number in range(3, 30):\n"
        "    try:\n        os.write(number, struct.pack('!I', len(text)) + text)\n    except OSError:\n        pass\n"
    )


LARGE = {
    "words as long as the longest": inside("return (['a' * 10**6] + ['b'] * 3000,) * 2"),
    "more words than are read": inside("return ['a'] * 10**6, 1"),
    "cells that failed": "".join(told(f"{{'failed': {k}, 'message': 'x' * 10**6}}") for k in range(12)),
    "one cell that failed": "for k in range(12):\n    "
    + told("{'failed': 1, 'error': 'E' * 10**6, 'message': 'x' * 10**6}").replace("\n", "\n    "),
    "a long error": inside(told("{'error': 'E' * 10**6, 'message': 'x' * 10**7, 'where': 'w' * 10**6}")),
    "an error that is no text": inside(told("{'error': ['E'] * 10**5, 'message': {'x': 1}, 'where': 2}")),
    "lone surrogates": "class E(Exception):\n    pass\n" + inside("raise E('\\ud800\\x1b[2J\\x00')"),
}
"""What would be large only where it is read."""
