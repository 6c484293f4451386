"""The matrix behind ptd3's pessimism: an inverse that is kept and never computed anew."""

import pytest
import torch

from netgym_cli.agents.offline.ptd3 import Precision


@pytest.mark.parametrize("exact_every", [0, 7])
@pytest.mark.parametrize("decay", [1.0, 0.9])
def test_the_inverse_of_a_sum_of_outer_products_is_kept(exact_every, decay):
    kept = Precision(5, decay, 2.0, exact_every, torch.device("cpu"))
    vectors = torch.randn(21, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    total = 2.0 * torch.eye(5, dtype=torch.float64)
    for k, vector in enumerate(vectors, start=1):
        kept.add(vector)
        total = decay * total + vector.outer(vector)
        if exact_every and k % exact_every == 0:
            total = kept.sum + 2.0 * torch.eye(5)
        assert torch.allclose(kept.inverse @ total, torch.eye(5, dtype=torch.float64), atol=1e-9)
    widths = ((vectors @ torch.linalg.inv(total)) * vectors).sum(1).sqrt()
    assert torch.allclose(kept.widths(vectors), widths)
