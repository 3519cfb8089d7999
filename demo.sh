#!/bin/sh
# The main job from end to end on generated cells: draw → look → train → evaluate → predict. Usage: demo.sh LEUKOLENS DEST
set -eu
leukolens=$1 dest=$2
note="These cells are generated, not photographed: the figures show that the pipeline works, nothing about leukemia."

rm -rf "$dest"
echo "$note"
"$leukolens" phantoms "$dest/cells" --folds 1 --subjects 8 --cells 20
"$leukolens" phantoms "$dest/new" --folds 1 --subjects 2 --cells 5 --seed 1
"$leukolens" data "$dest/cells"
# Few epochs from random weights: moving statistics must follow faster than the paper's 1 % a batch, and brightness stays
# around 1, for the paper's 0.4–0.8 makes every training image darker than any test image
"$leukolens" train "$dest/cells" --protocol paper --fold 0 --out "$dest/run" --init random --epochs 16 \
    --set bn_momentum=0.1 --set 'augmentation.brightness=[0.8,1.2]'
"$leukolens" evaluate "$dest/run" --sigma 0 5 10 --note "$note"
"$leukolens" predict "$dest/new" --model "$dest/run/model.onnx" --csv "$dest/new.csv" --report "$dest/new.html"
echo "$note"
echo "Open $dest/run/report.html; the verdicts for the new cells are in $dest/new.html and $dest/new.csv."
