# SPDX-License-Identifier: Apache-2.0
"""What the oracles of all data sets share: a request becomes a trained network and its accuracy."""

from __future__ import annotations

import argparse
import os
import time
from typing import Callable

import torch

from network import Spec, spec_of, write_qonnx
from protocol import serve
from training import Data, Recipe, Trainer, accuracy


def run(data: Callable[[], Data], side: int, convolutions: int, input_scale: float, recipe: Recipe) -> None:
    """Serves requests until standard input ends. `fidelity` of a request is the number of epochs of fine-tuning."""
    parser = argparse.ArgumentParser(description="Accuracy on validation data of networks that a study asks for.")
    parser.add_argument("--networks", metavar="DIR", help="write every trained network here, as QONNX")
    parser.add_argument("--test", action="store_true", help="add test_accuracy to the answers, which no search reads")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    trainer = Trainer(data(), recipe)

    def answer(request: dict) -> dict:
        begin = time.process_time()
        spec: Spec = spec_of(request["point"], 1, side, 10, convolutions, input_scale)
        network = trainer.tuned(spec, int(request.get("fidelity", 1)), int(request.get("seed", 1)))
        reply = {"accuracy": round(accuracy(network, trainer.data.validation), 6), "size_bits": spec.size_bits()}
        if arguments.test:
            reply["test_accuracy"] = round(accuracy(network, trainer.data.test), 6)
        if arguments.networks:
            reply["network"] = os.path.join(arguments.networks, f"{request['id']}.onnx")
            write_qonnx(spec, network.parameters_of_file(), reply["network"])
        return {**reply, "cpu_s": round(time.process_time() - begin, 3)}

    serve(answer)
