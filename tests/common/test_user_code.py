import numpy as np
import pyarrow as pa
import pytest

from netgym_cli.common import user_code
from netgym_cli.simulators.stats import Layout, Stats


def raised(call):
    with pytest.raises(Exception) as caught:
        call()
    caught.value.__traceback__ = caught.value.__traceback__.tb_next.tb_next  # without the frames of this file
    return caught.value


@pytest.mark.parametrize(
    "call",
    [
        lambda: pa.OSFile("/nowhere/at/all"),  # compiled: its frames name files that are not there
        lambda: np.zeros(3).reshape(2),
        lambda: Stats(Layout(()), 0.0, np.empty(0))["a::b"],
        lambda: __import__("json").loads("{"),
    ],
)
def test_lines_of_netgym_of_python_and_of_libraries_are_nobody_s(call):
    error = raised(lambda: call())
    error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
    assert user_code.place(error) is None


def test_the_cause_tells_the_line_where_the_error_itself_has_none():
    def users():
        return {}["x"]

    with pytest.raises(RuntimeError) as caught:
        try:
            users()
        except KeyError as error:
            raise RuntimeError("later").with_traceback(None) from error
    caught.value.__traceback__ = None
    assert user_code.place(caught.value).endswith(", in users")
