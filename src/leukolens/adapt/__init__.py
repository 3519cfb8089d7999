"""A laboratory's reviewed cells → a model of its own: the last layer, its calibration and its limits. numpy only."""
