"""A multilayer perceptron whose replicas are computed together: one matrix product per layer, whatever their number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch


class Mlp:
    """Fully connected layers with ReLU between them, and softmax with cross entropy behind the last.

    The parameters of a replica are one vector: for each layer the weights, output by output, then the biases.

    Args:
        widths: numbers of inputs, of units of each hidden layer, and of classes.

    Attributes:
        parameters: how many it has.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        self._shapes = [(outputs, inputs) for inputs, outputs in pairwise(widths)]
        self.parameters = sum(outputs * inputs + outputs for outputs, inputs in self._shapes)

    def initial(self, generator: np.random.Generator) -> np.ndarray:
        """Uniform in plus or minus 1 / sqrt(inputs) of each layer, as PyTorch's `Linear`."""
        parts = []
        for outputs, inputs in self._shapes:
            parts.append(generator.uniform(-1, 1, outputs * inputs + outputs) / math.sqrt(inputs))
        return np.concatenate(parts)

    def gradients(
        self, weights: torch.Tensor, inputs: torch.Tensor, labels: torch.Tensor, into: torch.Tensor
    ) -> torch.Tensor:
        """Gradients of the mean cross entropy of each replica, and these means, of shape `(N,)`.

        Args:
            weights: shape `(N, P)`.
            inputs: shape `(N, B, inputs)`.
            labels: int64 of shape `(N, B)`.
            into: takes the gradients, shape `(N, P)`.
        """
        layers, slopes = self._layers(weights), self._layers(into)
        activations = self._activations(layers, inputs)
        logarithms = torch.log_softmax(activations.pop(), -1)
        chosen = labels.unsqueeze(2)
        losses = -logarithms.gather(2, chosen).mean((1, 2))
        error = logarithms.exp_()
        error.scatter_add_(2, chosen, torch.full_like(chosen, -1, dtype=error.dtype))
        error.div_(labels.shape[1])
        for (matrix, _), (slope, bias), activation in zip(layers[::-1], slopes[::-1], activations[::-1], strict=True):
            slope.copy_(torch.bmm(error.transpose(1, 2), activation))
            bias.copy_(error.sum(1))
            error = torch.bmm(error, matrix).mul_(activation > 0)
        return losses

    def evaluate(self, weights: torch.Tensor, inputs: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
        """Mean cross entropy and share of the examples whose label has the largest output, of one replica `(P,)`."""
        outputs = self._activations(self._layers(weights.unsqueeze(0)), inputs.unsqueeze(0))[-1][0]
        loss = torch.nn.functional.cross_entropy(outputs, labels)
        return float(loss), float((outputs.argmax(1) == labels).double().mean())

    def _layers(self, vectors: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Views of vectors `(N, P)` as a matrix `(N, outputs, inputs)` and a bias `(N, outputs)` for each layer."""
        found, begin = [], 0
        for outputs, inputs in self._shapes:
            middle, end = begin + outputs * inputs, begin + outputs * inputs + outputs
            found.append((vectors[:, begin:middle].view(-1, outputs, inputs), vectors[:, middle:end]))
            begin = end
        return found

    def _activations(self, layers: list[tuple[torch.Tensor, torch.Tensor]], inputs: torch.Tensor) -> list[torch.Tensor]:
        """The inputs of each layer, and the outputs of the last one."""
        activations = [inputs]
        for matrix, bias in layers:
            if len(activations) > 1:
                activations[-1].relu_()
            activations.append(torch.baddbmm(bias.unsqueeze(1), activations[-1], matrix.transpose(1, 2)))
        return activations
