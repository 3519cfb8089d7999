#!/bin/sh
# The main job on generated cells, in two minutes on an old laptop. First what a laboratory does: the model that ships
# judges new cells and writes the report. Then what a researcher does, in small: look at a folder, train, measure.
# Usage: demo.sh LEUKOLENS DEST
set -eu
leukolens=$1 dest=$2
note="These cells are drawn, not photographed: what is said of them says nothing about leukemia."

rm -rf "$dest"
echo "$note"
echo
echo "1 of 2: the model that ships judges 48 cells (a few seconds)"
"$leukolens" phantoms "$dest/new" --folds 1 --subjects 3 --cells 8 --seed 1
"$leukolens" predict "$dest/new" --case "$dest/new.case" --csv "$dest/new.csv" --report "$dest/new.html"
echo
echo "2 of 2: a training in small shows that the whole pipeline runs (about a minute)"
"$leukolens" phantoms "$dest/cells" --folds 1 --subjects 6 --cells 8
"$leukolens" data "$dest/cells"
# Six epochs from random weights on images of 96 px: moving statistics must follow faster than the paper's 1 % a batch
"$leukolens" train "$dest/cells" --protocol subject --fold 0 --out "$dest/run" --init random --epochs 6 \
    --set preprocess.size=96 --set bn_momentum=0.1
"$leukolens" evaluate "$dest/run" --sigma 0 10 --note "$note"
echo
echo "$note"
echo "Open $dest/new.html: the report on the new cells. The training's own report is $dest/run/report.html."
