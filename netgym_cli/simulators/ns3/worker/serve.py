# SPDX-License-Identifier: GPL-2.0-only
"""One session inside its own process: builds the scenario, then measurement by measurement until told to stop."""

import traceback
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import protocol


def serve(connection: Connection, native: Any) -> None:
    """Answers START and STEP frames until CLOSE or until the trainer is gone.

    Args:
        connection: to the trainer.
        native: the `netgym` C++ namespace, or the like of it for a scenario in Python.
    """
    scenario: Any = None
    patience_s: float | None = None
    try:
        while True:
            if not connection.poll(patience_s):
                raise TimeoutError(f"no action for {patience_s:g} s (env.max_wait_time_for_action_ms)")
            kind, content = protocol.unpack(connection.recv_bytes())
            if kind == protocol.CLOSE:
                break
            if kind == protocol.START:
                patience_s = content["patience_s"]
                scenario = native.Create(content["scenario"], content["settings"], content["seed"])
                scenario.WarmUp()
                connection.send_bytes(protocol.pack_json(protocol.LAYOUT, {"layout": str(scenario.Layout())}))
            else:
                # cppyy takes an empty array for no pointer at all, but 0 for a null one
                scenario.Act(np.array(content) if content.size else 0, content.size)
                scenario.Advance()
            connection.send_bytes(_measurement(scenario, native))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the trainer is gone, and nobody needs this session
    except Exception as error:  # C++ exceptions arrive as many types; all of them end the session and are told
        failure = {"message": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
        connection.send_bytes(protocol.pack_json(protocol.FAILURE, failure))
    finally:
        if scenario is not None:
            native.Destroy(scenario)


def _measurement(scenario: Any, native: Any) -> bytes:
    numbers = np.empty(protocol.HEAD + scenario.Size())
    scenario.Read(numbers[protocol.HEAD :])
    numbers[:2] = native.NowMs(), native.Events()
    frame: bytes = protocol.pack_numbers(protocol.STATS, numbers)
    return frame
