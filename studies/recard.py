"""Give a released model the share rule and the band that the committed experiments of its recipe support.

python studies/recard.py src/leukolens/model/shipped/leukolens.onnx
python studies/recard.py src/leukolens/model/shipped/leukolens-half.onnx src/leukolens/model/shipped/leukolens-int8.onnx
    --recipe half --results results/half --text results/half/MODEL_CARD.md

The network, its temperature and its threshold stay; the model gets another id. The share rule is fitted on the 42
held-out subjects of both folds, as the networks of the card's own seed answered them, each after its own temperature.
The band is the narrowest whole bins of the reliability diagrams outside which at most 3 % of each experiment's answers
are wrong (two folds, two trainings). An int8 form that was made from the model gets the same; its weights stay, and so
do its verdicts.
"""

import argparse
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import onnx

from leukolens.base import atomic
from leukolens.decide.fit_share import fit_share_rule
from leukolens.model.card import FORMAT, METADATA_KEY, ModelCard, from_json
from leukolens.research.experiments.held_out_subjects import counted_band, held_out_subjects
from leukolens.research.experiments.measure import ERROR
from leukolens.research.experiments.model_card import model_card
from leukolens.research.networks.onnx_file import write_card


def recarded(card: ModelCard, results: Path, recipe: str, *, hues: tuple[float, float], weights: bytes) -> ModelCard:
    """The card with rule and band, under an id of its own."""
    subjects = [one for one in held_out_subjects(results, recipe=recipe) if one.seed == card.settings["seed"]]
    blasts, normal = ([one.odds for one in subjects if one.blasts == label] for label in (True, False))
    rule = fit_share_rule(blasts, normal, hues=hues)
    band = counted_band(results, error=ERROR, recipe=recipe)
    told = f"{weights.hex()} {card.temperature} {card.threshold} {band} {rule}"
    model_id = hashlib.sha256(told.encode()).hexdigest()[:12]
    return replace(card, model_id=model_id, band=band, share_rule=rule, format=FORMAT)


def rewritten(
    model: Path, results: Path, recipe: str, *, parents: tuple[str, str] | None = None
) -> tuple[str, ModelCard]:
    """Write the file's new card; parents: old and new id of the model that it was made from. Returns its old id too."""
    proto = onnx.load(model)
    text = next(entry.value for entry in proto.metadata_props if entry.key == METADATA_KEY)
    facts = json.loads(text)
    low, high = (facts.get("share_rule") or facts["patient_rule"])["hues"]
    weights = hashlib.sha256(b"".join(onnx.numpy_helper.to_array(one).tobytes() for one in proto.graph.initializer))
    was = from_json(text, path=model)
    card = recarded(was, results, recipe, hues=(low, high), weights=weights.digest())
    if parents is not None:
        assert parents[0] in card.quantisation, f"{model} was not made from {parents[0]}"
        card = replace(card, quantisation=card.quantisation.replace(*parents))
    write_card(model, card, None)
    print(f"{model}: {card.model_id}, band {card.band}")
    return was.model_id, card


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("model", type=Path)
    options.add_argument("int8", type=Path, nargs="?", help="its int8 form")
    options.add_argument("--recipe", default="leukolens")
    options.add_argument("--results", type=Path, default=Path("results/held-out-patients"))
    options.add_argument("--text", type=Path, default=Path("MODEL_CARD.md"), help="where the model card is written")
    args = options.parse_args()
    was, card = rewritten(args.model, args.results, args.recipe)
    if args.int8 is not None:
        rewritten(args.int8, args.results, args.recipe, parents=(was, card.model_id))
    seed = card.settings["seed"]
    runs = sorted(args.results.glob(f"runs/{args.recipe}-test-fold-*-{seed}-*/held_out.json"))
    experiments = [facts for facts in map(json.loads, map(Path.read_text, runs)) if not facts["shared_subjects"]]
    atomic.write_text(args.text, model_card(card, experiments, "", ""))


if __name__ == "__main__":
    main()
