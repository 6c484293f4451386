"""Arrays out of pickles without the pickle machine: what NumPy writes, and what it would never write."""

import pickle
import struct

import numpy as np
import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.compat.networkgym.pickled_arrays import arrays_of

SHAPES = ((3, 4), (5,), (0, 2), (2, 3, 4))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ["<f8", ">f8", "f4", "i8", "u1", "b1", "f2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_every_protocol_type_and_order_are_those_that_pickle_reads(protocol, dtype, order):
    rng = np.random.default_rng(0)
    given = tuple(np.array(rng.integers(0, 2, shape), dtype, order=order) for shape in SHAPES)
    found = arrays_of(pickle.dumps(given, protocol), "it")
    for one, two in zip(given, found, strict=True):
        assert one.dtype == two.dtype and one.shape == two.shape
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_views_read_only_arrays_and_shared_ones_are_read(protocol):
    base = np.arange(24.0).reshape(4, 6)
    fixed = np.arange(3.0)
    fixed.setflags(write=False)
    given = (base[::2], base.T, fixed, fixed)
    for one, two in zip(given, arrays_of(pickle.dumps(given, protocol), "it"), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("module", ["numpy.core", "numpy._core"])
@pytest.mark.parametrize("protocol", [2, 5])
def test_pickles_of_numpy_1_and_2_are_read(module, protocol):
    """NumPy 1 called the same functions by the other name."""
    text = pickle.dumps((np.arange(3.0),), protocol)
    if module == "numpy.core":
        old, new = b"numpy._core.", b"numpy.core."
        if protocol == 2:
            text = text.replace(old, new)
        else:  # the length stands before a short text, and before the frame
            for name in (b"numeric", b"multiarray"):
                long = old + name
                text = text.replace(bytes([len(long)]) + long, bytes([len(long) - 1]) + new + name)
            text = text[:3] + struct.pack("<Q", len(text) - 11) + text[11:]
    (found,) = arrays_of(text, "it")
    np.testing.assert_array_equal(found, np.arange(3.0))


def test_a_stream_of_instructions_by_hand_does_not_get_past_the_reader():
    """What `pickle.dumps` would never write: the old opcodes that make instances and call persistent loaders."""
    hostile = [
        b"(S'touch ran'\nios\nsystem\n.",
        b"cos\nsystem\n(S'touch ran'\ntR.",
        b"(cos\nsystem\nS'touch ran'\no.",
        b"\x80\x02cos\nsystem\n)\x81.",
        b"\x80\x02\x82\x01.",
        b"Pabc\n.",
        b"\x80\x04\x8c\x05numpy\x8c\x07ndarray\x93)R.",
        b"\x80\x04\x8c\x07_codecs\x8c\x06encode\x93\x8c\x01x\x8c\x03rot\x86R.",
        b"\x80\x05\x97.",
        b"N)b.",
        b"",
        b".",
        b"t.",
        b"\x85.",
        b"R.",
        b"\x93.",
        b"h\x07.",
        b"N.more",
        b"I" + b"9" * 5000 + b"\n.",
        b"\x8e" + b"\xff" * 8 + b".",
        b"(" * 20_000 + b"t" * 20_000 + b".",
    ]
    for data in hostile:
        with pytest.raises(ConfigError, match="'it' "):
            arrays_of(data, "it")


def test_damaged_and_cut_pickles_are_never_anything_but_a_message():
    whole = pickle.dumps((np.arange(6.0), np.arange(4.0).reshape(2, 2)), 4)
    for end in range(len(whole)):
        with pytest.raises(ConfigError):
            arrays_of(whole[:end], "it")
    rng = np.random.default_rng(0)
    for _ in range(3000):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), rng.integers(1, 4)):
            damaged[place] = rng.integers(256)
        try:
            found = arrays_of(bytes(damaged), "it")
        except ConfigError:
            continue
        assert all(isinstance(one, np.ndarray) and one.dtype.kind in "fiub" for one in found)


def test_a_shape_that_does_not_fit_its_bytes_is_refused():
    whole = pickle.dumps((np.zeros((3, 4)),), 2)
    for text, message in ((b"K\x03K\x04", b"K\x09K\x04"), (b"K\x03K\x04", b"J\xff\xff\xff\xffK\x04")):
        with pytest.raises(ConfigError, match="shape"):
            arrays_of(whole.replace(text, message), "it")


def test_an_array_without_content_and_a_file_that_is_no_pickle_are_told_in_plain_words():
    announced = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n"
    announced += b"\x8a\x06\x00\x00\x00\x00\x00\x01\x85U\x01b\x87R\x85."
    with pytest.raises(ConfigError, match=r"announces an array of shape \(1099511627776,\) and does not hold"):
        arrays_of(announced, "giant")
    for data in (b"hello, world", b"NN.", b"\x80\x04.", b"t."):
        with pytest.raises(
            ConfigError, match="not a complete pickle of arrays: it is cut off, damaged or another kind"
        ):
            arrays_of(data, "text")
