"""The encoder as a PyTorch module: what BERT does, for one text type, and the mean of its rows as the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, layer_norm, linear, normalize, softmax
from unpack import Unpacked

LONGEST = 64
"""Pieces of a sentence that are read; data/nlu holds none that is longer."""


class Layer(nn.Module):
    def __init__(self, heads: int, epsilon: float, tensors: dict[str, Tensor]) -> None:
        super().__init__()
        self.heads = heads
        self.epsilon = epsilon
        self.weights = nn.ParameterDict(
            {name.replace(".", "_"): nn.Parameter(value) for name, value in tensors.items()}
        )

    def forward(self, rows: Tensor, unseen: Tensor) -> Tensor:
        at = self.weights

        def heads(part: str) -> Tensor:
            values = linear(rows, at[f"{part}_w"], at[f"{part}_b"])
            return values.view(*values.shape[:2], self.heads, -1).permute(0, 2, 1, 3)

        # written out, so that onnxruntime recognises it and makes one operator of it
        query, key, value = heads("q"), heads("k"), heads("v")
        scores = query @ key.transpose(-1, -2) / sqrt(query.shape[-1]) + unseen
        mixed = (softmax(scores, -1) @ value).permute(0, 2, 1, 3).contiguous().view(rows.shape)
        rows = self.norm(rows + self.drop(linear(mixed, at["ao_w"], at["ao_b"])), "aln")
        inner = gelu(linear(rows, at["fi_w"], at["fi_b"]))
        return self.norm(rows + self.drop(linear(inner, at["fo_w"], at["fo_b"])), "oln")

    def norm(self, rows: Tensor, part: str) -> Tensor:
        weights = self.weights[f"{part}_w"]
        return layer_norm(rows, weights.shape, weights, self.weights[f"{part}_b"], self.epsilon)

    def drop(self, rows: Tensor) -> Tensor:
        return nn.functional.dropout(rows, 0.1, self.training)


class Encoder(nn.Module):
    """(texts, pieces) of ids and which of them are there → (texts, width), each of length 1."""

    def __init__(self, unpacked: Unpacked, kept_pieces: Sequence[int], kept_layers: Sequence[int]) -> None:
        super().__init__()
        tensors = {name: torch.tensor(value) for name, value in unpacked.tensors.items()}
        self.epsilon = unpacked.epsilon
        # frozen: a piece that no training sentence has must still fit beside those that have been seen
        self.register_buffer("words", tensors["emb.word"][list(kept_pieces)])
        self.places = nn.Parameter(tensors["emb.pos"][: LONGEST + 2] + tensors["emb.type"][0])
        self.first_w = nn.Parameter(tensors["emb.ln.w"])
        self.first_b = nn.Parameter(tensors["emb.ln.b"])
        self.layers = nn.ModuleList(
            Layer(
                unpacked.heads,
                unpacked.epsilon,
                {name.split(".", 1)[1]: value for name, value in tensors.items() if name.startswith(f"l{layer}.")},
            )
            for layer in kept_layers
        )

    def forward(self, ids: Tensor, there: Tensor) -> Tensor:
        rows = self.words[ids] + self.places[: ids.shape[1]]
        rows = layer_norm(rows, self.first_w.shape, self.first_w, self.first_b, self.epsilon)
        weight = there[:, :, None].to(rows.dtype)
        unseen = (1.0 - there[:, None, None, :].to(rows.dtype)) * -10000.0
        for layer in self.layers:
            rows = layer(rows, unseen)
        return normalize((rows * weight).sum(1) / weight.sum(1), dim=-1)
