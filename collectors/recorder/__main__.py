"""Entry of the recorder process: `python -m collectors.recorder DESCRIPTOR SETTINGS`."""

import os
import sys

from collectors.recorder.process import main

code = main(sys.argv[1], sys.argv[2])
sys.stderr.flush()
os._exit(code)  # a thread that is stuck in a sensor must not hold the process
