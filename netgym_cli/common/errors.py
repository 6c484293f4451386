"""All errors that netgym raises on purpose. The CLI turns `ConfigError` into exit 2 and every other one into exit 1."""


class NetgymError(Exception):
    """Base of all netgym errors; the message says what was wrong, the value, what is allowed and what to do next.

    Attributes:
        place: file and line of a user's code that is to blame, where that is not the last one in the traceback.
    """

    place: str | None = None


class ConfigError(NetgymError, ValueError):
    """A setting the user can fix: unknown name, wrong type, impossible combination."""


class RunFailed(NetgymError, RuntimeError):
    """A run failed for a reason that could not be known before it began; its folder says what happened."""


class ActionError(NetgymError, ValueError):
    """An action that does not fit the action space; nothing was sent to the simulator."""


class SessionError(NetgymError, RuntimeError):
    """A call that the session does not allow now, such as changing a parameter while it runs."""


class AdapterError(NetgymError, ValueError):
    """An environment's adapter returned an observation outside its space or a reward that is not a finite number."""


class BuildError(NetgymError, RuntimeError):
    """The native part of the simulator could not be compiled or loaded."""


class SimulatorError(NetgymError, RuntimeError):
    """The simulator failed while a session ran; never reported as `terminated` or `truncated`."""


class SimulatorDied(SimulatorError):
    """The worker process ended unasked: by itself, by a fatal ns-3 message or by a signal.

    Attributes:
        how: how the process ended, in a few words; None where it told the reason itself, or was no process.
    """

    def __init__(self, *words: object, how: str | None = None) -> None:
        super().__init__(*words)
        self.how = how


class ReplayDiffers(SimulatorError):
    """What was done once more, with the same seed and actions, measured something else."""


class SimulatorTimeout(SimulatorError):
    """The worker did not answer before its deadline."""


class DatasetError(NetgymError, RuntimeError):
    """A dataset's files are damaged or contradict each other."""
