# SPDX-License-Identifier: Apache-2.0
"""Lines of JSON between `blendsim explore` and a program: docs/exploration.md."""

from __future__ import annotations

import json
import sys
from typing import Callable


def serve(answer: Callable[[dict], dict]) -> None:
    """Answers each line of standard input; what `answer` raises becomes the request's error."""
    for line in sys.stdin:
        if not line.strip():
            continue
        request = json.loads(line)
        try:
            reply = answer(request)
        except Exception as error:  # one request's, which must not end the others
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": request.get("id"), **reply}), flush=True)
