"""Keras's side of train_throughput.py: the paper's pipeline in its own terms. Arguments: cells.npz, steps.

Runs in a venv with TensorFlow and scipy; imports nothing of LeukoLens.
"""

import json
import sys
import time

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

WARM_UP, BATCH = 15, 16  # Keras reads ten batches ahead while its first step compiles: those do not count


def grey_copies(rgb: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every HEM cell once more with HSV saturation 0, prepared beforehand: it costs the loop nothing."""
    hem = rgb[labels == 0].max(axis=3, keepdims=True).repeat(3, axis=3)
    return np.concatenate([rgb, hem]), np.concatenate([labels, np.zeros(len(hem), labels.dtype)])


def main(path: str, steps: int) -> None:
    with np.load(path) as arrays:
        rgb, labels = grey_copies(arrays["rgb"], arrays["labels"])
    random = np.random.default_rng(0)

    def noise(image: NDArray[np.float32]) -> NDArray[np.float32]:
        sigma = random.choice([0.0, 3.0, 9.0])
        noisy = np.clip(image + sigma * random.standard_normal(image.shape, np.float32), 0, 255)
        return np.asarray(noisy / 255)

    generator = tf.keras.preprocessing.image.ImageDataGenerator(
        rotation_range=45,
        horizontal_flip=True,
        brightness_range=(0.4, 0.8),
        width_shift_range=0.1,
        height_shift_range=0.1,
        zoom_range=(0.8, 1.0),
        shear_range=3,
        preprocessing_function=noise,
    )
    flow = generator.flow(rgb, keras.utils.to_categorical(labels, 2), batch_size=BATCH, seed=0)
    body = keras.applications.MobileNet(include_top=False, weights=None, input_shape=(224, 224, 3))
    head = keras.layers.Dropout(0.2)(keras.layers.GlobalAveragePooling2D()(body.output))
    head = keras.layers.BatchNormalization()(head)
    head = keras.layers.Dense(
        2, activation="softmax", kernel_regularizer=keras.regularizers.L1(0.015), kernel_initializer="random_uniform"
    )(head)
    model = keras.Model(body.input, head)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="categorical_crossentropy", metrics=["accuracy"])
    clock = Clock(steps)
    model.fit(flow, steps_per_epoch=len(flow), epochs=-(-(steps + WARM_UP) // len(flow)), callbacks=[clock], verbose=0)
    what = f"TensorFlow {tf.__version__}, Keras {keras.__version__}, float32"
    print(json.dumps({"images_per_second": steps * BATCH / clock.seconds, "what": what}))


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Seconds of `steps` steps after the warm-up; stops the fit then."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps, self.done, self.started, self.seconds = steps, 0, 0.0, 0.0

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.done += 1
        if self.done == WARM_UP:
            self.started = time.perf_counter()
        elif self.done == WARM_UP + self.steps:
            self.seconds = time.perf_counter() - self.started
            self.model.stop_training = True


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
