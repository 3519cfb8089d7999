"""`leukolens model`: the network, layer by layer."""

import click


@click.command()
def model() -> None:
    """Print MobileNet_M's layers and parameters (Table 4 of the paper), counted on the network itself."""
    from leukolens.research.networks.mobilenet import MobileNetM, layer_table, non_trainable, trainable
    from leukolens.research.settings import TrainSettings

    settings = TrainSettings()
    network = MobileNetM(dropout=settings.dropout, input_range=settings.input_range, bn_momentum=0.01, seed=0)
    for layer, output, parameters in layer_table(network):
        print(f"{layer:34s}{output:>10s}{parameters:>12,}")
    moved, kept = trainable(network), non_trainable(network)
    for what, number in (("total", moved + kept), ("trainable", moved), ("non-trainable", kept)):
        print(f"{what:44s}{number:>12,}")
