"""Keras's side of inference.py: one image at a time, as the paper times it. Argument: a text file, a path a line.

Runs in a venv with TensorFlow; imports nothing of LeukoLens. The weights are random: they do not change the time.
"""

import json
import sys
import time
from pathlib import Path

import tensorflow as tf
from tensorflow import keras

WARM_UP = 5  # images; the first call traces the graph


def mobilenet() -> keras.Model:
    """The paper's network: MobileNet without its top, pooled, under batch norm and two classes."""
    body = keras.applications.MobileNet(include_top=False, weights=None, input_shape=(224, 224, 3))
    head = keras.layers.Dropout(0.2)(keras.layers.GlobalAveragePooling2D()(body.output))
    head = keras.layers.Dense(2, activation="softmax")(keras.layers.BatchNormalization()(head))
    return keras.Model(body.input, head)


def main(listing: str) -> None:
    paths = Path(listing).read_text(encoding="utf-8").splitlines()
    model = mobilenet()

    def judge(path: str) -> None:
        rgb = keras.utils.img_to_array(keras.utils.load_img(path, target_size=(224, 224))) / 255
        model.predict(rgb[None], verbose=0)

    for path in paths[:WARM_UP]:
        judge(path)
    started = time.perf_counter()
    for path in paths:
        judge(path)
    rate = len(paths) / (time.perf_counter() - started)
    what = f"TensorFlow {tf.__version__}, Keras {keras.__version__}, float32, {len(paths)} files"
    print(json.dumps({"files_per_second": rate, "what": what}))


if __name__ == "__main__":
    main(sys.argv[1])
